import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeShardTable, type ObjectRef } from '#contract/shard-table'
import { brotliBytes } from '../harness/brotli.ts'
import { rounded } from '../harness/percentiles.ts'
import { readManifest } from '../harness/releases.ts'

/** Bytes as brotli per item, by section; a graph's over the items of its groups, NaN without one. */
export type BytesPerItem = Readonly<Record<'vectors' | 'voters' | 'graph' | 'columns' | 'cards', number>>

/** Weighs the objects of a release. */
export async function weighRelease(releaseDir: string): Promise<BytesPerItem> {
  const manifest = await readManifest(releaseDir)
  const read = (hash: string): Promise<Uint8Array> => readFile(join(releaseDir, 'objects', hash))
  const table = decodeShardTable(await read(manifest.shardTable.hash))
  const weigh = async (refs: readonly ObjectRef[]): Promise<number> => {
    let sum = 0
    for (const { hash } of refs) sum += await brotliBytes(await read(hash))
    return sum
  }
  const items = table.cells.reduce((sum, { itemCount }) => sum + itemCount, 0)
  const grouped = table.cells.reduce((sum, { itemCount, group }) => sum + (group < 0 ? 0 : itemCount), 0)
  const objects = table.cells.map((cell) => cell.objects)
  const perItem = async (refs: readonly ObjectRef[], count: number) => rounded((await weigh(refs)) / count)
  return {
    vectors: await perItem(
      objects.flatMap(({ vectors }) => vectors),
      items,
    ),
    voters: await perItem(
      objects.map(({ voters }) => voters),
      items,
    ),
    graph: await perItem(table.graphs, grouped),
    columns: await perItem(
      objects.map(({ columns }) => columns),
      items,
    ),
    cards: await perItem(
      objects.flatMap(({ cards }) => cards.slice(0, 1)),
      items,
    ),
  }
}

/** What the objects are that an empty device fetches first, by hash. */
export async function nameFirstObjects(releaseDir: string): Promise<Map<string, string>> {
  const manifest = await readManifest(releaseDir)
  const file = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string } // written by the build
  const [first] = decodeShardTable(await readFile(join(releaseDir, 'objects', manifest.shardTable.hash))).cells
  const named: readonly (readonly [string, ObjectRef | null | undefined])[] = [
    ['shard table', manifest.shardTable],
    ['dictionaries', manifest.dictionaries],
    ['gramian', manifest.spaces[0]?.gramian],
    ['trees', manifest.rankers[0]?.trees],
    ['first vectors', first?.objects.vectors[0]],
    ['first voters', first?.objects.voters],
    ['first columns', first?.objects.columns],
    ['first cards', first?.objects.cards[0]],
  ]
  return new Map([[file.manifest, 'manifest'], ...named.map(([name, ref]) => [ref?.hash ?? '', name] as const)])
}
