import { decodeGraph, groupCrc } from '#contract/graph'
import type { HnswLibrary } from '#worker/core/hnsw/hnsw-library'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import type { Model } from '#worker/core/model'
import type { Retriever, RowRange } from '#worker/core/retriever'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import type { OpenScan, WholeGroup } from './groups.ts'

export type GraphParts = {
  readonly library: HnswLibrary
  readonly model: Model
  readonly installation: Installation
  readonly source: ObjectSource
  readonly openScan: OpenScan
}

/**
 * Engines that cover all rows: graphs over the groups, one scan over the rest.
 * @throws RecError of the download, `shard-malformed`, `engine-unavailable`; what was opened is closed
 */
export async function openGraphs(groups: readonly WholeGroup[], parts: GraphParts): Promise<readonly Retriever[]> {
  const { library, model, installation, source, openScan } = parts
  const { catalogue, manifest } = model
  const opened: Retriever[] = []
  try {
    for (const { group, ranges } of groups) {
      const ref = installation.root.table.graphs[group]
      if (ref === undefined) continue
      const graph = await source.read(ref, decodeGraph, { tally: installation.tally, network: true })
      const orderCrc = groupCrc(orderCrcs(installation, group))
      const { efSearch } = manifest.retrieval
      opened.push(
        createHnswRetriever({ library, graph, catalogue, ranges, orderCrc, efSearch, exact: openScan(ranges) }),
      )
    }
  } catch (thrown) {
    for (const retriever of opened) retriever.close()
    throw thrown
  }
  const rest = restOf(catalogue.rowCount, groups)
  return rest.length === 0 ? opened : [...opened, openScan(rest)]
}

function orderCrcs({ orderCrcs: all, root }: Installation, group: number): number[] {
  return root.table.cells.flatMap((cell, i) => (cell.group === group ? [all.get(i) ?? -1] : []))
}

/** Rows of no group, as ranges. */
function restOf(rowCount: number, groups: readonly WholeGroup[]): RowRange[] {
  const taken = groups.flatMap(({ ranges }) => ranges).sort((a, b) => a.from - b.from)
  const rest: RowRange[] = []
  let from = 0
  for (const range of [...taken, { from: rowCount, to: rowCount }]) {
    if (range.from > from) rest.push({ from, to: range.from })
    from = range.to
  }
  return rest
}
