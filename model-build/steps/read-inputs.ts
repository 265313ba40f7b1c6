import type { BuildRequest, StepIo } from '../commands/requests.ts'
import type { loadKeys } from '../config/key-files.ts'
import type { Config } from '../config/schema.ts'
import { expandFiles, findDataFiles } from '../ingest/find-files.ts'
import { type LoadedDataset, loadDataset } from '../ingest/load-dataset.ts'
import { createUserHash } from '../ingest/user-hash.ts'

export type Keys = Awaited<ReturnType<typeof loadKeys>>

/** Which files a request means, absolute, patterns expanded. */
export type InputFiles = { readonly interactions: readonly string[]; readonly items: readonly string[] }

/** The files of a request: those it names, else those of its directory. */
export function inputFiles(request: Pick<BuildRequest, 'interactions' | 'items' | 'dataDir'>): InputFiles {
  const found = request.dataDir === undefined ? { interactions: [], items: [] } : findDataFiles(request.dataDir)
  return {
    interactions: expandFiles(request.interactions.length > 0 ? request.interactions : found.interactions),
    items: expandFiles(request.items.length > 0 ? request.items : found.items),
  }
}

/** Reads input files for a release; user ids are hashed where there is a key. */
export function readInputs(files: InputFiles, config: Config, keys: Keys | null, io: StepIo): Promise<LoadedDataset> {
  const stage = io.stage('read inputs')
  return loadDataset({
    ...files,
    config,
    mode: 'clean',
    hashUser: keys === null ? undefined : createUserHash(keys.userHashKey),
    nowMs: Date.now(),
    onProgress: ({ share }) => stage(share),
  })
}
