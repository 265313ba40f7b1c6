import { type CardCell, decodeCards } from '#contract/cards'
import { type ColumnCell, DAY_MS, DAY_ZERO_MS, decodeColumns, ITEM_FLAG, UNKNOWN_U16 } from '#contract/columns'
import { RecError } from '#contract/errors'
import type { Dictionaries, Manifest } from '#contract/manifest'
import { type CellEntry, decodeShardTable, type ShardTable } from '#contract/shard-table'
import { decodeVectors, type VectorCell } from '#contract/vectors'
import type { CatalogueItem } from '../dataset.ts'
import { readObject } from '../release/release-dir.ts'

/** One cell of a release in a folder, voters apart. */
export type StoredCell = {
  readonly entry: CellEntry
  readonly columns: ColumnCell
  readonly cards: CardCell
  /** In the first space. */
  readonly vectors: VectorCell
  /** In each further space. */
  readonly others: readonly VectorCell[]
}

/** Reads the shard table of a release and its cells, in table order. @throws RecError `input-missing`, `hash-mismatch` */
export async function readStoredCells(
  dir: string,
  manifest: Manifest,
): Promise<{ readonly table: ShardTable; readonly cells: readonly StoredCell[] }> {
  const table = decodeShardTable(await readObject(dir, manifest.shardTable.hash))
  const cells: StoredCell[] = []
  for (const entry of table.cells) {
    const [cards] = entry.objects.cards
    const [vectors, ...others] = await Promise.all(
      entry.objects.vectors.map(async ({ hash }) => decodeVectors(await readObject(dir, hash))),
    )
    if (vectors === undefined) throw new RecError('shard-malformed', 'a cell has no vectors')
    cells.push({
      entry,
      columns: decodeColumns(await readObject(dir, entry.objects.columns.hash)),
      cards: decodeCards(await readObject(dir, cards?.hash ?? '')),
      vectors,
      others,
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
