import { CELL_ROLE, type ShardTable } from '#contract/shard-table'
import type { RowRange } from '#worker/core/retriever'
import type { World } from './world.ts'

/** A world's rows put in the order of a release: the head first, then cell after cell. */
export type Layout = {
  readonly table: Pick<ShardTable, 'cells' | 'centroids' | 'dim'>
  readonly ranges: readonly RowRange[]
  /** Item of each row. */
  readonly itemOf: Uint32Array
}

export type LayoutOptions = { readonly headItems: number; readonly assignment: Int32Array; readonly count: number }

const NO_OBJECT = { hash: '', sizeBytes: 0 }
const NO_OBJECTS = { vectors: [], voters: NO_OBJECT, columns: NO_OBJECT, cards: [] }

/** Orders items: the most popular are the head, the others stand by cell. */
export function layOutCells(world: World, { headItems, assignment, count }: LayoutOptions): Layout {
  const head = mostPopular(world.popularity, headItems)
  const isHead = new Uint8Array(world.items)
  for (const item of head) isHead[item] = 1
  const sizes = new Uint32Array(count)
  for (let item = 0; item < world.items; item++) if (isHead[item] === 0) sizes[assignment[item] ?? 0]++
  const ranges: RowRange[] = [{ from: 0, to: head.length }]
  for (const size of sizes) ranges.push({ from: ranges.at(-1)?.to ?? 0, to: (ranges.at(-1)?.to ?? 0) + size })
  const itemOf = new Uint32Array(world.items)
  itemOf.set(head)
  const next = ranges.slice(1).map(({ from }) => from)
  for (let item = 0; item < world.items; item++) {
    const cell = assignment[item] ?? 0
    if (isHead[item] === 0) itemOf[next[cell]++] = item
  }
  return { table: tableOf(world, ranges, itemOf), ranges, itemOf }
}

function mostPopular(popularity: Float32Array, count: number): Uint32Array {
  const sorted = popularity.slice().sort()
  const least = sorted[sorted.length - count] ?? 0
  const items = Uint32Array.from(popularity.keys()).filter((item) => (popularity[item] ?? 0) >= least)
  return items.sort((a, b) => (popularity[b] ?? 0) - (popularity[a] ?? 0) || a - b).subarray(0, count)
}

function tableOf({ rows, dim, popularity }: World, ranges: readonly RowRange[], itemOf: Uint32Array): Layout['table'] {
  const centroids = new Int8Array(ranges.length * dim)
  const means = ranges.map(({ from, to }, cell) => {
    const sum = new Float64Array(dim)
    let liked = 0
    for (let row = from; row < to; row++) {
      const item = itemOf[row] ?? 0
      liked += popularity[item] ?? 0
      for (let d = 0; d < dim; d++) sum[d] += rows[item * dim + d] ?? 0
    }
    for (let d = 0; d < dim; d++) centroids[cell * dim + d] = Math.round((sum[d] ?? 0) / Math.max(1, to - from))
    return liked / Math.max(1, to - from)
  })
  const most = Math.max(...means.slice(1))
  const cells = ranges.map(({ from, to }, cell) => ({
    role: cell === 0 ? CELL_ROLE.head : CELL_ROLE.cell,
    itemCount: to - from,
    popularity: Math.min(65_535, Math.round(((means[cell] ?? 0) / most) * 65_535)),
    group: -1,
    objects: NO_OBJECTS,
  }))
  return { cells, centroids, dim }
}
