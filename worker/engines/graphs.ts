import { decodeGraph, groupCrc } from '#contract/graph'
import type { HnswLibrary } from '#worker/core/hnsw/hnsw-library'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import type { Model } from '#worker/core/model'
import type { Retriever, RowRange } from '#worker/core/retriever'
import type { RowGraph } from '#worker/core/scan/wasm-scan'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import type { OpenScan, WholeGroup } from './groups.ts'

export type GraphParts = {
  readonly model: Model
  readonly installation: Installation
  readonly source: ObjectSource
  readonly openScan: OpenScan
}

/** Opens graphs that were read, one engine each. @throws RecError `shard-malformed`, `engine-unavailable`; what was opened is closed */
export type OpenGraphs = (graphs: readonly RowGraph[]) => readonly Retriever[]

/**
 * Engines that cover all rows: graphs over the groups, one scan over the rest.
 * @throws RecError of the download and of `open`
 */
export async function coverRows(
  groups: readonly WholeGroup[],
  open: OpenGraphs,
  parts: GraphParts,
): Promise<readonly Retriever[]> {
  const { model, installation, source, openScan } = parts
  const graphs: RowGraph[] = []
  for (const { group, ranges } of groups) {
    const ref = installation.root.table.graphs[group]
    if (ref === undefined) continue
    const graph = await source.read(ref, decodeGraph, { tally: installation.tally, network: true })
    graphs.push({ graph, ranges, orderCrc: groupCrc(orderCrcs(installation, group)) })
  }
  const opened = open(graphs)
  const rest = restOf(model.catalogue.rowCount, groups)
  return rest.length === 0 ? opened : [...opened, openScan(rest)]
}

/** The same by the library; each graph's exact engine answers what a graph serves badly. */
export function openByLibrary(library: HnswLibrary, { model, openScan }: GraphParts): OpenGraphs {
  const { catalogue, manifest } = model
  const { efSearch } = manifest.retrieval
  return (graphs) => {
    const opened: Retriever[] = []
    try {
      for (const each of graphs)
        opened.push(createHnswRetriever({ ...each, library, catalogue, efSearch, exact: openScan(each.ranges) }))
    } catch (thrown) {
      for (const retriever of opened) retriever.close()
      throw thrown
    }
    return opened
  }
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
