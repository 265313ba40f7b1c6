import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { RecError } from '#contract/errors'
import type { PreviewRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { openDesk } from '../preview/desk.ts'
import { saveRules } from '../preview/save-rules.ts'
import { createPreviewServer } from '../preview/server.ts'
import { findPort } from '../publish/edge-process.ts'
import { replaceFile } from '../release/release-dir.ts'

/** Body of `pocketshelf preview`: a page over one or two releases, until a signal. */
export async function previewReleases(request: PreviewRequest, io: StepIo): Promise<StepResult> {
  const { configFile, releases } = request
  if (releases.length > 2) throw new RecError('bad-request', 'two releases are compared at most')
  const { rules } = await resolveConfig(configFile, request.overrides)
  io.stage('read releases')
  const desks = await Promise.all(releases.map((dir) => openDesk(dir)))
  const save = async (next: typeof rules) => {
    if (configFile === undefined)
      throw new RecError('config-invalid', 'there is no file to save to; start with --config FILE')
    const text = await readFile(configFile, 'utf8')
    await replaceFile(configFile, saveRules(text, next))
    return configFile
  }
  const server = createPreviewServer({ desks, rules, save })
  const port = await findPort(request.host, request.port)
  await new Promise<void>((resolve) => server.listen(port, request.host, resolve))
  const address = server.address()
  const url = `http://${request.host}:${typeof address === 'object' ? (address?.port ?? port) : port}/`
  const result = {
    summary: { url, releases: desks.map(({ release }) => release) },
    lines: ['Ctrl-C ends it. The preview:', url],
  }
  io.ready(result)
  if (!io.signal.aborted) await once(io.signal, 'abort')
  server.closeAllConnections()
  server.close()
  return result
}
