import type { Manifest } from '#contract/manifest'
import { cellRefs, decodeShardTable } from '#contract/shard-table'
import { wireBytes } from '../release/wire-bytes.ts'

/**
 * Bytes of a release (brotli) that an empty device fetches before its first personal list, scripts apart: manifest, shard table, dictionaries,
 * Gramian, trees and the first slice with its cards.
 */
export async function firstListBytes(
  manifest: { readonly hash: string; readonly content: Manifest },
  read: (hash: string) => Promise<Uint8Array>,
): Promise<number> {
  const { content } = manifest
  const [first] = decodeShardTable(await read(content.shardTable.hash)).cells
  const cell = first === undefined ? [] : cellRefs(first.objects, 0)
  const trees = content.rankers.slice(0, 1).flatMap(({ trees: own }) => (own === null ? [] : [own]))
  const refs = [content.shardTable, content.dictionaries, content.spaces[0].gramian, ...trees, ...cell]
  let bytes = 0
  for (const hash of new Set([manifest.hash, ...refs.map((ref) => ref.hash)])) {
    bytes += await wireBytes(await read(hash))
  }
  return bytes
}
