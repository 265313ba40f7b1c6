import { RecError, toRecError } from '#contract/errors'
import type { EngineOptions } from '#contract/rpc'
import type { ShardTable } from '#contract/shard-table'
import type { ResidentCell } from '#worker/core/catalogue'
import type { HnswFactory } from '#worker/core/hnsw/hnsw-library'
import type { Model } from '#worker/core/model'
import type { Retriever, RowRange } from '#worker/core/retriever'
import { mostLinks } from '#worker/core/scan/graph-lists'
import type { EngineDeps } from '../deps.ts'
import { assetUrl, fetchAsset } from './assets.ts'
import type { GraphEngine, startGraphEngine } from './graph-engine.ts'

/** What an element of a graph takes, bytes (measured): its links in the kernel; in the library, at 65 dimensions and M = 16, its vector once more. */
export const NODE_BYTES = { kernel: 120, library: 396 } as const

/** A group of cells that is whole on this device and large enough for its graph. */
export type WholeGroup = { readonly group: number; readonly ranges: readonly RowRange[]; readonly items: number }

/** Opens an exact engine over some rows. */
export type OpenScan = (ranges: readonly RowRange[]) => Retriever

/** Links that the graphs over these cells can have on their ground level, complete groups or not. */
export function linkRoomOf(table: ShardTable, cells: readonly ResidentCell[]): number {
  const groups = new Set(cells.map(({ entry }) => entry.group))
  return table.graphs.reduce((sum, { sizeBytes }, group) => sum + (groups.has(group) ? mostLinks(sizeBytes) : 0), 0)
}

/** Groups that graphs should serve: whole, at least `graphMinItems`, and within the tier's memory, most popular first. */
export function wholeGroups(
  { catalogue, table, manifest }: Model,
  graphBytes: number,
  nodeBytes: number,
): readonly WholeGroup[] {
  if (table === null) return []
  let left = graphBytes
  const groups: WholeGroup[] = []
  table.graphs.forEach((ref, group) => {
    const wanted = table.cells.filter((cell) => cell.group === group).length
    const own = catalogue.cells.filter((cell) => cell.group === group)
    const items = own.reduce((sum, { from, to }) => sum + to - from, 0)
    const bytes = items * nodeBytes
    if (
      ref.sizeBytes === 0 ||
      own.length !== wanted ||
      items === 0 ||
      items < manifest.retrieval.graphMinItems ||
      bytes > left
    )
      return
    left -= bytes
    groups.push({ group, items, ranges: own.map(({ from, to }) => ({ from, to })) })
  })
  return groups
}

/** What the built script of the graph engine exports: the patched hnswlib-wasm and the code that only graphs need. */
type GraphScript = { readonly factory: HnswFactory; readonly startGraphEngine: typeof startGraphEngine }

/** Loads the graph engine; its binary lies beside its script. @throws RecError `engine-unavailable` */
export async function loadGraphEngine(
  deps: Pick<EngineDeps, 'fetch' | 'after' | 'importModule'>,
  assets: EngineOptions['assets'],
): Promise<GraphEngine> {
  const binary = await fetchAsset(deps, assetUrl(assets, 'hnswJs').replace(/\.js$/, '.wasm'))
  try {
    const script = (await deps.importModule(assetUrl(assets, 'hnswJs'))) as Partial<GraphScript> // built by worker/build/build.ts
    if (script.startGraphEngine === undefined || script.factory === undefined)
      throw new RecError('engine-unavailable', 'the script of the graph engine is something else')
    return await script.startGraphEngine(script.factory, binary)
  } catch (thrown) {
    throw toRecError(thrown, 'engine-unavailable')
  }
}
