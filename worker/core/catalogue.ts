import type { Card, CardCell } from '#contract/cards'
import { BYTE_COLUMNS, type ColumnCell } from '#contract/columns'
import { RecError } from '#contract/errors'
import { type Manifest, secondSpaceOf } from '#contract/manifest'
import type { CellEntry } from '#contract/shard-table'
import type { VectorCell } from '#contract/vectors'
import type { VoterCell } from '#contract/voters'
import { type CellRows, cellOf } from './cell-rows.ts'
import { createIdIndex } from './id-index.ts'
import { createVoterIndex, find, type VoterIndex } from './voter-index.ts'

/** One decoded cell of a release; `cellIndex` is its place in the shard table. */
export type ResidentCell = {
  readonly entry: Pick<CellEntry, 'role' | 'group'>
  readonly cellIndex: number
  /** One per space. */
  readonly vectors: readonly VectorCell[]
  readonly voters: VoterCell
  readonly columns: ColumnCell
  readonly cards: CardCell | null
}

/** Columns of resident items, one entry per row; meanings as in `ColumnCell`. */
export type ResidentColumns = Pick<
  ColumnCell,
  (typeof BYTE_COLUMNS)[number] | 'category' | 'createdDay' | 'price' | 'tagOffsets' | 'tags'
>

/** Items in a space beside the first. */
export type SpaceRows = {
  readonly dim: number
  /** Step of the int8 grid per dimension. */
  readonly scales: Float32Array
  /** Row-major, rowCount × dim. */
  readonly quantised: Int8Array
}

/** Resident items of a release as flat arrays; row = 0…rowCount-1, cells in table order, items of a cell by ascending itemNo. */
export type Catalogue = {
  readonly rowCount: number
  /** Dimension of the first space. */
  readonly dim: number
  /** Step of the int8 grid per dimension. */
  readonly scales: Float32Array
  readonly itemNoOf: Uint32Array
  /** Rows by ascending itemNo. */
  readonly rowsByItemNo: Uint32Array
  /** First space, row-major, rowCount × dim. */
  readonly quantised: Int8Array
  /** Vectors in the second space, or null where the release has none. */
  readonly sequence: SpaceRows | null
  readonly columns: ResidentColumns
  readonly voters: VoterIndex
  readonly cells: readonly CellRows[]
  /** Row of an item, or -1 when it is not resident. */
  rowOf(itemNo: number): number
  /** Row of a text id, or -1; needs the cards of its cell. */
  rowOfId(id: string): number
  /** What is shown of an item, or null where its cell came without cards. */
  cardOf(row: number): Card | null
}

/** Gives memory for int8 rows, zeros. */
export type Allocate = (rowCount: number, dim: number) => Int8Array

const plainRows: Allocate = (rowCount, dim) => new Int8Array(rowCount * dim)

/**
 * Lays resident cells out as one catalogue. The cells' arrays are copied, except for cards, which are kept.
 * @param cells - Any order; sorted by `cellIndex`.
 * @param allocate - Gives the memory of the first space's quantised rows, rowCount × dim bytes, e.g. inside a scan's memory.
 * @param allocateSecond - The same for the second space.
 * @throws RecError `shard-malformed` when the objects of a cell do not belong together, or an item repeats.
 */
export function createCatalogue(
  manifest: Manifest,
  cells: readonly ResidentCell[],
  allocate: Allocate = plainRows,
  allocateSecond: Allocate = plainRows,
): Catalogue {
  const space = manifest.spaces[0]
  if (space === undefined) throw new RecError('manifest-malformed', 'a release has no space')
  const { dim } = space
  const sorted = [...cells].sort((a, b) => a.cellIndex - b.cellIndex)
  for (const cell of sorted) checkCell(cell, dim)
  const rows = layOut(sorted)
  const rowCount = rows.at(-1)?.to ?? 0
  const quantised = allocate(rowCount, dim)
  const itemNoOf = new Uint32Array(rowCount)
  sorted.forEach((cell, c) => {
    quantised.set(cell.vectors[0].quantised, rows[c].from * dim)
    itemNoOf.set(cell.columns.itemNos, rows[c].from)
  })
  const { rowsByItemNo, itemNos } = orderByItemNo(itemNoOf)
  const parts = sorted.map((cell, c) => ({ voters: cell.voters, firstRow: rows[c].from }))
  const cards = sorted.map((cell) => cell.cards)
  const rowOfId = createIdIndex(rows, cards)
  return {
    rowCount,
    dim,
    scales: Float32Array.from(space.scales),
    itemNoOf,
    rowsByItemNo,
    quantised,
    sequence: sequenceRows(manifest, sorted, rows, allocateSecond),
    columns: gatherColumns(sorted, rows, rowCount),
    voters: createVoterIndex(parts, rowCount, manifest.itemNoEnd),
    cells: rows,
    rowOf: (itemNo) => {
      const at = find(itemNos, itemNo)
      return at < 0 ? -1 : rowsByItemNo[at]
    },
    rowOfId,
    cardOf: (row) => {
      const c = cellOf(rows, row)
      return c < 0 ? null : (cards[c]?.card(row - rows[c].from) ?? null)
    },
  }
}

function sequenceRows(
  manifest: Manifest,
  cells: readonly ResidentCell[],
  rows: readonly CellRows[],
  allocate: Allocate,
): SpaceRows | null {
  const found = secondSpaceOf(manifest)
  if (found === null) return null
  const { dim, scales } = found.space
  const quantised = allocate(rows.at(-1)?.to ?? 0, dim)
  cells.forEach((cell, c) => {
    const vectors = cell.vectors[found.index]
    if (vectors === undefined || vectors.dim !== dim || vectors.orderCrc !== cell.columns.orderCrc)
      throw new RecError('shard-malformed', 'vectors of a cell have another dimension', { cell: cell.cellIndex, dim })
    quantised.set(vectors.quantised, rows[c].from * dim)
  })
  return { dim, scales: Float32Array.from(scales), quantised }
}

function checkCell(cell: ResidentCell, dim: number): void {
  const { columns, voters, cards, cellIndex } = cell
  const vectors = cell.vectors[0]
  const count = columns.itemNos.length
  const fits = (part: { readonly itemCount: number; readonly orderCrc: number } | null): boolean =>
    part === null || (part.itemCount === count && part.orderCrc === columns.orderCrc)
  if (vectors === undefined || vectors.dim !== dim)
    throw new RecError('shard-malformed', 'vectors of a cell have another dimension', { cell: cellIndex, dim })
  if (!fits(vectors) || !fits(voters) || !fits(cards))
    throw new RecError('shard-malformed', 'the objects of a cell do not belong together', { cell: cellIndex })
}

function layOut(cells: readonly ResidentCell[]): CellRows[] {
  let end = 0
  return cells.map(({ cellIndex, entry, columns }) => {
    const from = end
    end += columns.itemNos.length
    return { cellIndex, role: entry.role, group: entry.group, from, to: end }
  })
}

function orderByItemNo(itemNoOf: Uint32Array): { rowsByItemNo: Uint32Array; itemNos: Uint32Array } {
  const keys = new Float64Array(itemNoOf.length) // itemNo · 2^20 + row is exact below 2^53
  for (let row = 0; row < keys.length; row++) keys[row] = itemNoOf[row] * 2 ** 20 + row
  keys.sort()
  const rowsByItemNo = new Uint32Array(keys.length)
  const itemNos = new Uint32Array(keys.length)
  for (let k = 0; k < keys.length; k++) {
    itemNos[k] = Math.floor(keys[k] / 2 ** 20)
    rowsByItemNo[k] = keys[k] % 2 ** 20
    if (k > 0 && itemNos[k] === itemNos[k - 1])
      throw new RecError('shard-malformed', 'an item is in two cells', { rowCount: keys.length })
  }
  return { rowsByItemNo, itemNos }
}

function gatherColumns(cells: readonly ResidentCell[], rows: readonly CellRows[], rowCount: number): ResidentColumns {
  const bytes = (name: (typeof BYTE_COLUMNS)[number]): Uint8Array => {
    const out = new Uint8Array(rowCount)
    cells.forEach((cell, c) => {
      out.set(cell.columns[name], rows[c].from)
    })
    return out
  }
  const category = new Uint16Array(rowCount)
  const createdDay = new Uint16Array(rowCount)
  const price = new Float32Array(rowCount)
  const tagOffsets = new Uint32Array(rowCount + 1)
  const tags = new Uint16Array(cells.reduce((sum, cell) => sum + cell.columns.tags.length, 0))
  let tagEnd = 0
  cells.forEach(({ columns }, c) => {
    const { from, to } = rows[c]
    category.set(columns.category, from)
    createdDay.set(columns.createdDay, from)
    price.set(columns.price, from)
    tags.set(columns.tags, tagEnd)
    for (let row = from; row < to; row++) tagOffsets[row + 1] = tagEnd + columns.tagOffsets[row - from + 1]
    tagEnd += columns.tags.length
  })
  const byteColumns = Object.fromEntries(BYTE_COLUMNS.map((name) => [name, bytes(name)])) as Pick<
    ColumnCell,
    (typeof BYTE_COLUMNS)[number]
  > // every name is there
  return {
    ...byteColumns,
    category,
    createdDay,
    price,
    tagOffsets,
    tags,
  }
}
