import { RecError } from '#contract/errors'
import { type Manifest, parseManifest } from '#contract/manifest'
import type { EdgeClient } from '../publish/edge-client.ts'
import { sha256Hex } from '../release/object-set.ts'
import { readLastRelease } from '../release/release-dir.ts'
import { firstListBytes } from './first-list-bytes.ts'
import type { GateInput } from './gate.ts'

/** What most visitors have now, as far as the gate looks at it; null before the first publication. */
export async function readLive(
  client: EdgeClient,
  channel: string,
): Promise<(GateInput & { manifest: string }) | null> {
  const pointer = await client.livePointer(channel)
  if (pointer === null) return null
  const read = async (hash: string): Promise<Uint8Array> => {
    const bytes = await client.getObject(hash)
    if (sha256Hex(bytes) !== hash)
      throw new RecError('hash-mismatch', 'the edge gave other bytes than it was asked for', {
        sizeBytes: bytes.length,
      })
    return bytes
  }
  const content: Manifest = parseManifest(JSON.parse(new TextDecoder().decode(await read(pointer.manifest))))
  const bytes = await firstListBytes({ hash: pointer.manifest, content }, read)
  return { manifest: pointer.manifest, metrics: content.gate, firstListBytes: bytes }
}

/**
 * Item numbers are kept for ever in the folder of the last release: without it a new release would give them to other items, which devices
 * would then confuse.
 * @throws RecError `input-missing`
 */
export async function requireRegistry(outDir: string, site: string): Promise<void> {
  const last = await readLastRelease(outDir)
  if (last?.file.site === site) return
  throw new RecError(
    'input-missing',
    'the site is live, but --out does not hold its last release, whose item numbers must be kept; name the folder that `build` wrote',
  )
}
