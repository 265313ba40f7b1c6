import type { CellEntry, ObjectRef } from '#contract/shard-table'
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
  const { dim, dequantised, scales } = space
  const sums = plans.map((plan) => plan.items.reduce((sum, item) => sum + popularity[item], 0))
  const largest = Math.max(1, ...sums)
  const centroids = new Int8Array(plans.length * dim)
  plans.forEach((plan, c) => {
    for (let d = 0; d < dim; d++) {
      let sum = 0
      for (const item of plan.items) sum += dequantised[item * dim + d]
      centroids[c * dim + d] = Math.max(-127, Math.min(127, Math.round(sum / plan.items.length / scales[d])))
    }
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
