import { CELL_ROLE, type CellRole } from '#contract/shard-table'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import { divideItems } from './divide-items.ts'

/** Items of one cell, as indices into the dataset, in cell order (ascending itemNo). */
export type CellPlan = { readonly role: CellRole; readonly items: Int32Array; readonly group: number }

export type PartitionOptions = {
  /** Sizes of the head's slices, most popular items first. */
  readonly headSlices: readonly number[]
  readonly cellItems: number
  /** Graph groups hold at least this many items. */
  readonly graphMinItems: number
  readonly seed: number
  readonly pool?: KernelPool
}

type Items = {
  readonly vectors: Float32Array
  readonly dim: number
  readonly itemNos: Uint32Array
  readonly popularity: Float64Array
}

/**
 * Divides a catalogue into head slices (by popularity) and cells of the rest, in public fetch order: the head, then cells by
 * falling mean popularity. Cells are put together into graph groups where enough items are left.
 */
export async function partitionItems(items: Items, options: PartitionOptions): Promise<CellPlan[]> {
  const popular = byPopularity(items)
  const plans: CellPlan[] = []
  let taken = 0
  for (const size of options.headSlices) {
    const slice = popular.slice(taken, taken + size)
    if (slice.length > 0) plans.push({ role: CELL_ROLE.head, items: inCellOrder(slice, items.itemNos), group: -1 })
    taken += slice.length
  }
  const rest = popular.slice(taken)
  const cells = await clusterCells(rest, items, options)
  const groups = Math.floor(rest.length / options.graphMinItems)
  let before = 0
  for (const cell of cells) {
    const group = groups === 0 ? -1 : Math.min(groups - 1, Math.floor((before * groups) / rest.length))
    plans.push({ role: CELL_ROLE.cell, items: inCellOrder(cell, items.itemNos), group })
    before += cell.length
  }
  return plans
}

/** All items, the most popular first. */
export function byPopularity({ itemNos, popularity }: Pick<Items, 'itemNos' | 'popularity'>): number[] {
  return Array.from(itemNos.keys()).sort((a, b) => popularity[b] - popularity[a] || itemNos[a] - itemNos[b])
}

async function clusterCells(rest: readonly number[], items: Items, options: PartitionOptions): Promise<number[][]> {
  if (rest.length <= options.cellItems) return rest.length === 0 ? [] : [[...rest]]
  const { dim, vectors } = items
  const { cellItems, seed } = options
  const read = (row: number, into: Float32Array, at: number) =>
    into.set(vectors.subarray(rest[row] * dim, (rest[row] + 1) * dim), at)
  const { assignment } = await withPool(options.pool, (pool) =>
    divideItems({ items: rest.length, dim, cellItems, seed, pool, read }),
  )
  const cells: number[][] = []
  rest.forEach((item, row) => {
    const cell = assignment[row]
    cells[cell] ??= []
    cells[cell].push(item)
  })
  const mean = (cell: readonly number[]) => cell.reduce((sum, item) => sum + items.popularity[item], 0) / cell.length
  return cells.filter((cell) => cell !== undefined).sort((a, b) => mean(b) - mean(a) || (a[0] ?? 0) - (b[0] ?? 0))
}

/** Items in the order in which a cell's objects hold them. */
export function inCellOrder(cell: readonly number[], itemNos: Uint32Array): Int32Array {
  return Int32Array.from(cell).sort((a, b) => itemNos[a] - itemNos[b])
}
