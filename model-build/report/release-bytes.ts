import { decodeShardTable } from '#contract/shard-table'
import type { AssembledRelease } from '../release/assemble.ts'
import { refsOfRanker } from '../release/release-manifest.ts'

/** Bytes of one kind of object, before compression. */
export type SectionBytes = { readonly name: string; readonly bytes: number }

/** What a release is made of, by kind of object. */
export function releaseBytes({ manifest, objects }: Pick<AssembledRelease, 'manifest' | 'objects'>): SectionBytes[] {
  const table = decodeShardTable(objects.get(manifest.shardTable.hash) ?? new Uint8Array())
  const sum = (refs: readonly { readonly sizeBytes: number }[]) =>
    refs.reduce((all, { sizeBytes }) => all + sizeBytes, 0)
  const cells = table.cells.map((cell) => cell.objects)
  const parts = {
    vectors: sum(cells.flatMap(({ vectors }) => vectors)),
    voters: sum(cells.map(({ voters }) => voters)),
    columns: sum(cells.map(({ columns }) => columns)),
    cards: sum(cells.flatMap(({ cards }) => cards)),
    patches: sum(cells.flatMap(({ patch }) => patch ?? [])),
    graphs: sum(table.graphs),
    rankers: sum(manifest.rankers.flatMap(refsOfRanker)),
    directory: sum(manifest.directory.map(({ ref }) => ref)),
    encoder: sum(manifest.spaces.flatMap(({ encoder }) => (encoder.type === 'onnx' ? [encoder.model] : []))),
    'tables and manifest': sum([manifest.shardTable, manifest.dictionaries, manifest.spaces[0].gramian]),
  }
  return Object.entries(parts).map(([name, bytes]) => ({ name, bytes }))
}
