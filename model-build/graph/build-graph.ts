import type { Graph } from '#contract/graph'
import { type HnswLibrary, libraryPath } from '#worker/core/hnsw/hnsw-library'
import { augmentRows, fromHnswlib } from '#worker/core/hnsw/hnswlib-file'

/** How a graph is built. */
export type GraphOptions = {
  /** Links of a node above level 0; twice as many on level 0. */
  readonly m: number
  readonly efConstruction: number
  readonly seed: number
}

/** recall@500 ≥ 0.99 at efSearch 500 and ≤ 28 bytes an item on clustered vectors; see build-graph.test.ts. */
export const GRAPH_DEFAULTS: GraphOptions = { m: 8, efConstruction: 200, seed: 100 }

/**
 * Builds the HNSW graph of a group with hnswlib-wasm, one thread, so that equal vectors give equal bytes.
 * @param vectors - Dequantised, row-major, n × dim, in group order (cells in table order).
 * @param orderCrc - `groupCrc` of the group's cells.
 * @param onProgress - Called now and then with the share done, 0…1.
 */
export function buildGraph(
  library: HnswLibrary,
  { vectors, dim, orderCrc }: { readonly vectors: Float32Array; readonly dim: number; readonly orderCrc: number },
  options: GraphOptions = GRAPH_DEFAULTS,
  onProgress: (share: number) => void = () => undefined,
): Graph {
  const { rows } = augmentRows(vectors, dim)
  const width = dim + 1
  const count = rows.length / width
  const index = new library.HierarchicalNSW('l2', width, '')
  try {
    index.initIndex(count, options.m, options.efConstruction, options.seed)
    for (let node = 0; node < count; node++) {
      index.addPoint(rows.subarray(node * width, (node + 1) * width), node, false)
      if (node % 1_000 === 0) onProgress(node / count)
    }
    return fromHnswlib(saveIndex(library, index), orderCrc)
  } finally {
    index.delete()
  }
}

/** hnswlib-wasm saves, then throws because no file-system manager was made to sync it; the file is there all the same. */
function saveIndex(library: HnswLibrary, index: { writeIndex(name: string): unknown }): Uint8Array {
  const name = 'built.dat'
  try {
    index.writeIndex(name)
  } catch (thrown) {
    if (!fileExists(library, name)) throw thrown
  }
  const file = library.FS.readFile(libraryPath(name))
  library.FS.unlink(libraryPath(name))
  return file
}

function fileExists(library: HnswLibrary, name: string): boolean {
  try {
    return library.FS.readFile(libraryPath(name)).length > 0
  } catch {
    return false
  }
}
