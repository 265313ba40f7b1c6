import { type HnswFactory, startHnswlib } from '#worker/core/hnsw/hnsw-library'
import { coverRows, type GraphParts, openByLibrary } from './graphs.ts'
import type { WholeGroup } from './groups.ts'

/** Graphs over groups of cells, once the library runs. */
export interface GraphEngine {
  /** See `coverRows`. */
  open(groups: readonly WholeGroup[], parts: GraphParts): ReturnType<typeof coverRows>
}

/**
 * Starts the library over its binary. With the library this makes up a script of its own, apart from the worker because most visitors never load
 * it; the build puts `factory` beside it.
 * @throws RecError `engine-unavailable`
 */
export async function startGraphEngine(factory: HnswFactory, binary: Uint8Array): Promise<GraphEngine> {
  const library = await startHnswlib(factory, binary)
  return { open: (groups, parts) => coverRows(groups, openByLibrary(library, parts), parts) }
}
