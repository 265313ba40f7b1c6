import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cellRefs, decodeShardTable } from '#contract/shard-table'
import { brotliBytes } from '../harness/brotli.ts'
import { readManifest } from '../harness/releases.ts'

/** Bytes as brotli that a device which holds one release whole fetches for the next one, and that one which holds nothing does. */
export async function weighDownload(
  before: string,
  after: string,
): Promise<{ readonly downloadBytes: number; readonly wholeBytes: number }> {
  const [held, wanted] = [await fetchedObjects(before), await fetchedObjects(after)]
  let downloadBytes = 0
  let wholeBytes = 0
  for (const hash of wanted) {
    const bytes = await brotliBytes(await readFile(join(after, 'objects', hash)))
    wholeBytes += bytes
    if (!held.has(hash)) downloadBytes += bytes
  }
  return { downloadBytes, wholeBytes }
}

/** Everything that a device fetches of a release, scripts and images apart. */
async function fetchedObjects(releaseDir: string): Promise<ReadonlySet<string>> {
  const manifest = await readManifest(releaseDir)
  const file = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string } // written by the build
  const table = decodeShardTable(await readFile(join(releaseDir, 'objects', manifest.shardTable.hash)))
  const spaces = manifest.spaces.flatMap((space) => {
    if ('gramian' in space) return [space.gramian]
    return space.encoder.type === 'onnx' ? [space.encoder.model] : []
  })
  const trees = manifest.rankers.slice(0, 1).flatMap((ranker) => (ranker.trees === null ? [] : [ranker.trees]))
  const cells = table.cells.flatMap(({ objects }) => cellRefs(objects, 0))
  const refs = [manifest.shardTable, manifest.dictionaries, ...spaces, ...trees, ...cells, ...table.graphs]
  return new Set([file.manifest, ...refs.map(({ hash }) => hash)])
}
