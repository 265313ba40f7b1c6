import type { CellEntry, ObjectRef } from '#contract/shard-table'
import { cellCentroid } from '#worker/core/cell-centroid'
import type { CellPlan } from './partition.ts'
import type { QuantisedSpace } from './space.ts'

type TableParts = {
  /** The first space. */
  readonly space: QuantisedSpace
  readonly spaceCount: number
  readonly graphs: readonly ObjectRef[]
  readonly popularity: Float64Array
}

/** The shard table of encoded cells: centroids on the space's grid and public popularity beside the references. */
export function tableOf(
  plans: readonly CellPlan[],
  cells: readonly Omit<CellEntry, 'popularity'>[],
  { space, spaceCount, graphs, popularity }: TableParts,
) {
  const { dim, quantised, scales } = space
  const sums = plans.map((plan) => plan.items.reduce((sum, item) => sum + popularity[item], 0))
  const largest = Math.max(1, ...sums)
  const centroids = new Int8Array(plans.length * dim)
  plans.forEach(({ items }, c) => {
    const rows = new Int8Array(items.length * dim)
    items.forEach((item, k) => {
      rows.set(quantised.subarray(item * dim, (item + 1) * dim), k * dim)
    })
    centroids.set(cellCentroid(rows, scales), c * dim)
  })
  return {
    spaceCount,
    localeCount: 1,
    dim,
    cells: cells.map((cell, c): CellEntry => ({ ...cell, popularity: Math.round((65_535 * sums[c]) / largest) })),
    centroids,
    graphs,
  }
}
