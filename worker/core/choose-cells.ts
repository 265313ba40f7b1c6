import { CELL_ROLE, type CellEntry, type ShardTable } from '#contract/shard-table'
import type { Interest } from './interests.ts'

/** Share of the room behind the head that goes to cells nobody asked for, so that the edge does not see which were. */
const DECOY_SHARE = 0.25

/** Cells of a device whose tier the release exceeds. */
export type CellChoice = {
  /** In the order to fetch: the head, what is new, then the rest in an order that says nothing. */
  readonly order: readonly number[]
  /** Those of them that were drawn by public popularity; kept, so that two choices cannot be compared. */
  readonly decoys: readonly number[]
}

export type CellWants = {
  readonly table: Pick<ShardTable, 'cells' | 'centroids' | 'dim'>
  /** Of the space, to read centroids with. */
  readonly scales: ArrayLike<number>
  /** Items the tier holds. */
  readonly room: number
  readonly interests: readonly Pick<Interest, 'direction' | 'share'>[]
  /** Decoys of the last choice; those that the table still has stay. */
  readonly decoys: readonly number[]
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Chooses cells for a catalogue beyond the tier: the head and what is new for everybody, then three quarters of the room for the cells that promise most
 * to the visitor's interests, each interest by its share (D'Hondt), and one quarter for decoys by public popularity. Without interests the public order goes on.
 */
export function chooseCells(wants: CellWants): CellChoice {
  const { table, interests, random } = wants
  const chosen = new Set<number>()
  let left = wants.room
  const take = (index: number): boolean => {
    const items = table.cells[index]?.itemCount ?? Number.POSITIVE_INFINITY
    if (chosen.has(index) || items > left) return false
    chosen.add(index)
    left -= items
    return true
  }
  for (const [index, cell] of table.cells.entries()) if (cell.role !== CELL_ROLE.cell) take(index)
  const publicOrder = [...chosen]
  if (interests.length === 0) {
    for (const index of table.cells.keys()) take(index)
    return { order: [...chosen], decoys: [] }
  }
  const decoys = takeDecoys(wants, left * DECOY_SHARE, take)
  takeNearest(wants, take)
  const rest = [...chosen].slice(publicOrder.length)
  return { order: [...publicOrder, ...shuffled(rest, random)], decoys }
}

function takeDecoys(
  { table, decoys, random }: CellWants,
  room: number,
  take: (index: number) => boolean,
): readonly number[] {
  const taken: number[] = []
  let items = 0
  const add = (index: number): void => {
    if (items >= room || !take(index)) return
    taken.push(index)
    items += table.cells[index]?.itemCount ?? 0
  }
  for (const index of decoys) if (table.cells[index]?.role === CELL_ROLE.cell) add(index)
  const rest = [...table.cells.entries()].filter(
    ([index, { role }]) => role === CELL_ROLE.cell && !decoys.includes(index),
  )
  for (const index of drawOrder(rest, random)) add(index)
  return taken
}

/** All of them in random order, likely ones first (Efraimidis & Spirakis 2006). */
function drawOrder(cells: readonly (readonly [number, CellEntry])[], random: () => number): number[] {
  const keyed = cells.map(([index, { popularity }]) => ({ index, key: Math.log(1 - random()) / (popularity + 1) }))
  return keyed.sort((a, b) => b.key - a.key).map(({ index }) => index)
}

function takeNearest({ table, scales, interests }: CellWants, take: (index: number) => boolean): void {
  const lists = interests.map(({ direction }) => nearestCells(table, scales, direction))
  const next = new Array<number>(lists.length).fill(0)
  const given = new Array<number>(lists.length).fill(0)
  for (;;) {
    let turn = -1
    for (let i = 0; i < lists.length; i++) {
      if (next[i] >= lists[i].length) continue
      if (turn < 0 || interests[i].share / (given[i] + 1) > interests[turn].share / (given[turn] + 1)) turn = i
    }
    if (turn < 0) return
    if (take(lists[turn][next[turn]++])) given[turn]++
  }
}

/** k-means cells by the inner product of their centroid with a direction. */
function nearestCells({ cells, centroids, dim }: CellWants['table'], scales: ArrayLike<number>, to: Float32Array) {
  const scored: { index: number; score: number }[] = []
  cells.forEach(({ role }, index) => {
    if (role !== CELL_ROLE.cell) return
    let score = 0
    for (let d = 0; d < dim; d++) score += centroids[index * dim + d] * scales[d] * to[d]
    scored.push({ index, score })
  })
  return scored.sort((a, b) => b.score - a.score || a.index - b.index).map(({ index }) => index)
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const keyed = values.map((value) => ({ value, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
}
