import type { EraseRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { type Erased, eraseUser } from '../ingest/erase-user.ts'
import { forgetCheckpoints } from '../pipeline/checkpoints.ts'
import { inputFiles } from './read-inputs.ts'

/** Body of `pocketshelf erase`. */
export async function eraseFromInputs(request: EraseRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { interactions } = inputFiles(request)
  const done = io.stage('erase')
  const files: Erased[] = []
  for (const path of interactions) {
    files.push(await eraseUser(path, request.user, config.input))
    done(files.length / interactions.length)
  }
  if (request.outDir !== undefined) await forgetCheckpoints(request.outDir)
  const erased = files.reduce((sum, file) => sum + file.erased, 0)
  return {
    summary: { erased, files },
    lines: [
      `${erased} rows deleted from ${files.filter((file) => file.erased > 0).length} of ${files.length} files`,
      ...(erased > 0 ? ['next: build and publish again, so that nothing learnt from them is served'] : []),
    ],
  }
}
