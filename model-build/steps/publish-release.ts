import type { PublishRequest, StepIo, StepResult } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { publishTo, stepOfShare } from '../publish/publish.ts'
import { withEdge } from '../publish/with-edge.ts'
import { readReleaseDir } from '../release/release-dir.ts'

/** Body of `pocketshelf publish`. */
export async function publishRelease(request: PublishRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { file } = await readReleaseDir(request.releaseDir)
  const key = request.keysDir === undefined ? null : (await loadKeys(request.keysDir)).signing
  const activate = stepOfShare(request.canary)
  const use = { site: config.site.name, publicKey: key?.publicKey ?? null, signal: io.signal }
  const published = await withEdge(request, use, (client) =>
    publishTo(client, {
      releaseDir: request.releaseDir,
      file,
      channel: request.channel,
      key,
      activate,
      nowMs: Date.now,
      onProgress: io.stage('upload'),
    }),
  )
  if (published.live !== activate && published.status === 'changed')
    io.warn('the first release of a channel goes to everybody')
  const { uploaded, objects, uploadedBytes, status, publication, live } = published
  return {
    summary: { site: file.site, release: file.release, manifest: file.manifest, ...published },
    lines: [
      `sent ${uploaded} of ${objects} objects (${(uploadedBytes / 1000).toFixed(0)} kB)`,
      status === 'unchanged'
        ? `release ${file.release} is live already: publication ${publication}, step ${live}`
        : `release ${file.release} is live: publication ${publication}, step ${live}`,
    ],
  }
}
