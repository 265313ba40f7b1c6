import { CELL_ROLE, type ShardTable } from '#contract/shard-table'
import { cellCentroid } from '#worker/core/cell-centroid'
import type { RowRange } from '#worker/core/retriever'
import type { World } from './world.ts'

/** A world's rows put in the order of a release: the head first, then cell after cell. */
export type Layout = {
  readonly table: Pick<ShardTable, 'cells' | 'centroids' | 'dim'>
  readonly ranges: readonly RowRange[]
  /** Item of each row. */
  readonly itemOf: Uint32Array
}

/** Cell of each item, -1 for those of the head. */
export type LayoutOptions = { readonly head: Uint32Array; readonly assignment: Int32Array; readonly count: number }

const NO_OBJECT = { hash: '', sizeBytes: 0 }
const NO_OBJECTS = { vectors: [], voters: NO_OBJECT, columns: NO_OBJECT, cards: [] }

/** Orders items: the head first, the others stand by cell. */
export function layOutCells(world: World, { head, assignment, count }: LayoutOptions): Layout {
  const sizes = new Uint32Array(count)
  for (const cell of assignment) if (cell >= 0) sizes[cell]++
  const ranges: RowRange[] = [{ from: 0, to: head.length }]
  for (const size of sizes) ranges.push({ from: ranges.at(-1)?.to ?? 0, to: (ranges.at(-1)?.to ?? 0) + size })
  const itemOf = new Uint32Array(world.items)
  itemOf.set(head)
  const next = ranges.slice(1).map(({ from }) => from)
  assignment.forEach((cell, item) => {
    if (cell >= 0) itemOf[next[cell]++] = item
  })
  return { table: tableOf(world, ranges, itemOf), ranges, itemOf }
}

/** The most popular items, ties in the catalogue's order. */
export function mostPopular(popularity: Float32Array, count: number): Uint32Array {
  const sorted = popularity.slice().sort()
  const least = sorted[sorted.length - count] ?? 0
  const items = Uint32Array.from(popularity.keys()).filter((item) => (popularity[item] ?? 0) >= least)
  return items.sort((a, b) => (popularity[b] ?? 0) - (popularity[a] ?? 0) || a - b).subarray(0, count)
}

function tableOf(
  { rows, dim, step, popularity }: World,
  ranges: readonly RowRange[],
  itemOf: Uint32Array,
): Layout['table'] {
  const centroids = new Int8Array(ranges.length * dim)
  const scales = new Float32Array(dim).fill(step)
  const sums = ranges.map(({ from, to }, cell) => {
    const own = new Int8Array((to - from) * dim)
    let liked = 0
    for (let row = from; row < to; row++) {
      const item = itemOf[row] ?? 0
      liked += popularity[item] ?? 0
      own.set(rows.subarray(item * dim, (item + 1) * dim), (row - from) * dim)
    }
    centroids.set(cellCentroid(own, scales), cell * dim)
    return liked
  })
  const most = Math.max(...sums)
  const cells = ranges.map(({ from, to }, cell) => ({
    role: cell === 0 ? CELL_ROLE.head : CELL_ROLE.cell,
    itemCount: to - from,
    popularity: Math.round(((sums[cell] ?? 0) / most) * 65_535),
    group: -1,
    objects: NO_OBJECTS,
  }))
  return { cells, centroids, dim }
}
