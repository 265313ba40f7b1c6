import { type CardCell, decodeCards } from '#contract/cards'
import { DAY_MS, DAY_ZERO_MS, decodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import type { Dictionaries, Manifest } from '#contract/manifest'
import { applyPatch, type CellParts, type CellPatch, decodePatch } from '#contract/patch'
import { type CellEntry, decodeShardTable, type ShardTable } from '#contract/shard-table'
import { decodeVectors } from '#contract/vectors'
import { decodeVoters } from '#contract/voters'
import type { CatalogueItem } from '../dataset.ts'
import { readObject } from '../release/release-dir.ts'

/** One cell of a release in a folder, as the last full build wrote it, and what was learnt anew of it since. */
export type StoredCell = CellParts & {
  readonly entry: CellEntry
  readonly cards: CardCell
  readonly patch: CellPatch | null
}

/** A cell as devices have it: with its patch. */
export function currentParts(cell: StoredCell): CellParts {
  return cell.patch === null ? cell : applyPatch(cell, cell.patch)
}

/** The cells of a release, in table order. */
export type StoredCells = { readonly table: ShardTable; readonly cells: readonly StoredCell[] }

/** Reads the shard table of a release and its cells. @throws RecError `input-missing`, `hash-mismatch` */
export async function readStoredCells(dir: string, manifest: Manifest): Promise<StoredCells> {
  const table = decodeShardTable(await readObject(dir, manifest.shardTable.hash))
  const cells: StoredCell[] = []
  for (const entry of table.cells) {
    const [cards] = entry.objects.cards
    const { vectors, voters, columns, patch } = entry.objects
    cells.push({
      entry,
      vectors: await Promise.all(vectors.map(async ({ hash }) => decodeVectors(await readObject(dir, hash)))),
      voters: decodeVoters(await readObject(dir, voters.hash)),
      columns: decodeColumns(await readObject(dir, columns.hash)),
      cards: decodeCards(await readObject(dir, cards?.hash ?? '')),
      patch: patch === undefined ? null : decodePatch(await readObject(dir, patch.hash)),
    })
  }
  return { table, cells }
}

/** An item as the catalogue had it when its cell was written. */
export function storedItem({ columns, cards }: StoredCell, index: number, names: Dictionaries): CatalogueItem {
  const day = columns.createdDay[index]
  const tags = columns.tags.subarray(columns.tagOffsets[index], columns.tagOffsets[index + 1])
  return {
    ...cards.card(index),
    category: names.categories[columns.category[index]] ?? '',
    price: columns.price[index],
    createdAt: day === UNKNOWN_U16 ? Number.NaN : DAY_ZERO_MS + day * DAY_MS,
    tags: Array.from(tags, (tag) => names.tags[tag] ?? ''),
    available: (columns.flags[index] & ITEM_FLAG.available) !== 0,
  }
}
