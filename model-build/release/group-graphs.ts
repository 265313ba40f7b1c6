import { orderCrc } from '#contract/cell-order'
import { encodeGraph, groupCrc } from '#contract/graph'
import type { ObjectRef } from '#contract/shard-table'
import { buildGraph } from '../graph/build-graph.ts'
import { loadHnswlib } from '../graph/load-hnswlib.ts'
import type { ObjectSet } from './object-set.ts'
import type { CellPlan } from './partition.ts'
import type { QuantisedSpace } from './space.ts'

/** Builds the HNSW graph of each group of cells (its items in table order) and returns the references in group order. */
export async function encodeGroupGraphs(
  plans: readonly CellPlan[],
  {
    space,
    itemNos,
    objects,
  }: { readonly space: QuantisedSpace; readonly itemNos: Uint32Array; readonly objects: ObjectSet },
): Promise<ObjectRef[]> {
  const groups = plans.reduce((most, plan) => Math.max(most, plan.group + 1), 0)
  if (groups === 0) return []
  const library = await loadHnswlib()
  return Array.from({ length: groups }, (_, group) => {
    const cells = plans.filter((plan) => plan.group === group)
    const graph = buildGraph(library, {
      vectors: rowsOf(cells, space),
      dim: space.dim,
      orderCrc: groupCrc(cells.map((cell) => orderCrc(Uint32Array.from(cell.items, (item) => itemNos[item])))),
    })
    return objects.add(encodeGraph(graph))
  })
}

function rowsOf(cells: readonly CellPlan[], { dim, dequantised }: QuantisedSpace): Float32Array {
  const rows = new Float32Array(cells.reduce((sum, cell) => sum + cell.items.length, 0) * dim)
  let at = 0
  for (const { items } of cells) {
    for (const item of items) {
      rows.set(dequantised.subarray(item * dim, (item + 1) * dim), at)
      at += dim
    }
  }
  return rows
}
