import { RecError, toRecError } from '#contract/errors'
import { decodeGraph, groupCrc } from '#contract/graph'
import type { EngineOptions } from '#contract/rpc'
import { type HnswFactory, type HnswLibrary, startHnswlib } from '#worker/core/hnsw/hnsw-library'
import { createHnswRetriever } from '#worker/core/hnsw/hnsw-retriever'
import type { Model } from '#worker/core/model'
import type { Retriever, RowRange } from '#worker/core/retriever'
import type { EngineDeps } from '../deps.ts'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import { fetchAsset } from './assets.ts'

/** What an element of a graph takes in the library at 65 dimensions and M = 16, bytes (measured). */
const NODE_BYTES = 396

/** A group of cells that is whole on this device and large enough for its graph. */
export type WholeGroup = { readonly group: number; readonly ranges: readonly RowRange[]; readonly items: number }

/** Opens an exact engine over some rows. */
export type OpenScan = (ranges: readonly RowRange[]) => Retriever

/** Groups that graphs should serve: whole, at least `graphMinItems`, and within the tier's memory, most popular first. */
export function wholeGroups({ catalogue, table, manifest }: Model, graphBytes: number): readonly WholeGroup[] {
  if (table === null) return []
  let left = graphBytes
  const groups: WholeGroup[] = []
  table.graphs.forEach((_ref, group) => {
    const wanted = table.cells.filter((cell) => cell.group === group).length
    const own = catalogue.cells.filter((cell) => cell.group === group)
    const items = own.reduce((sum, { from, to }) => sum + to - from, 0)
    const bytes = items * NODE_BYTES
    if (own.length !== wanted || items === 0 || items < manifest.retrieval.graphMinItems || bytes > left) return
    left -= bytes
    groups.push({ group, items, ranges: own.map(({ from, to }) => ({ from, to })) })
  })
  return groups
}

/** Starts the patched hnswlib-wasm; its binary lies beside its glue. @throws RecError `engine-unavailable` */
export async function loadHnswlib(
  deps: Pick<EngineDeps, 'fetch' | 'importModule'>,
  assets: EngineOptions['assets'],
): Promise<HnswLibrary> {
  const binary = await fetchAsset(deps, assets.hnswJs.replace(/\.js$/, '.wasm'))
  const glue = await deps.importModule(assets.hnswJs).catch((thrown: unknown) => {
    throw toRecError(thrown, 'engine-unavailable')
  })
  if (typeof glue !== 'object' || glue === null || !('default' in glue) || typeof glue.default !== 'function')
    throw new RecError('engine-unavailable', 'the HNSW glue is something else')
  return startHnswlib(glue.default as HnswFactory, binary) // the built copy of hnswlib-wasm
}

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
      if (graph.orderCrc !== groupCrc(orderCrcs(installation, group)))
        throw new RecError('shard-malformed', 'a graph was built over other cells', { group })
      const { efSearch } = manifest.retrieval
      opened.push(createHnswRetriever({ library, graph, catalogue, ranges, efSearch, exact: openScan(ranges) }))
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
