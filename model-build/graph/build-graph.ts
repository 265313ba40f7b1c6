import type { Graph } from '#contract/graph'
import type { HnswIndex, HnswLibrary } from '#worker/core/hnsw/hnsw-library'
import { libraryPath } from '#worker/core/hnsw/hnsw-library'
import { augmentRows, fromHnswlib } from '#worker/core/hnsw/hnswlib-file'
import { groundLists, mergeLists, replaceGround } from './ground-lists.ts'
import { innerProductLinks } from './inner-product-links.ts'

/** How a graph is built. */
export type GraphOptions = {
  /** Links hnswlib gives a node above level 0 in each of its two graphs; twice as many on level 0. */
  readonly m: number
  readonly efConstruction: number
  readonly seed: number
}

/** Chosen by recall@500 and bytes on iALS vectors; see build-graph.quality.test.ts. */
export const GRAPH_DEFAULTS: GraphOptions = { m: 12, efConstruction: 100, seed: 100 }

/** Room for links in the published graph: at most twice this on level 0. */
const PUBLISHED_M = 16

/** Links by inner product a node gets at most. */
const PRODUCT_LINKS = 8

/** Share of the work that has been done when each part begins. */
const PARTS = { distance: 0, direction: 0.35, product: 0.7 } as const

/** What a graph is built over. */
export type GraphInput = {
  /** Dequantised, row-major, n × dim, in group order (cells in table order). Read only. */
  readonly vectors: Float32Array
  readonly dim: number
  /** `groupCrc` of the group's cells. */
  readonly orderCrc: number
}

/**
 * Builds the graph of a group for search by inner product. hnswlib's own graph over augmented vectors alone reaches a
 * recall@500 of 0.70 where item norms differ much, since most of its links then join short vectors. So three kinds of links meet on level 0:
 * neighbours by augmented distance, neighbours by direction, and the strongest inner products, thinned out (the idea of ip-NSW+, Liu et
 * al., AAAI 2020). Upper levels are those of the first. One thread: equal input gives equal bytes.
 * @param onProgress - Called now and then with the share done, 0…1.
 */
export function buildGraph(
  library: HnswLibrary,
  input: GraphInput,
  options: GraphOptions = GRAPH_DEFAULTS,
  onProgress: (share: number) => void = () => undefined,
): Graph {
  const { vectors, dim, orderCrc } = input
  const { rows } = augmentRows(vectors, dim)
  const part = (from: number, to: number) => (share: number) => onProgress(from + (to - from) * share)
  const byDistance = addAll(library, {
    rows,
    width: dim + 1,
    options,
    onProgress: part(PARTS.distance, PARTS.direction),
  })
  try {
    const byDirection = addAll(library, {
      rows: unitRows(vectors, dim),
      width: dim,
      options,
      onProgress: part(PARTS.direction, PARTS.product),
    })
    const direction = takeGraph(library, byDirection, orderCrc)
    byDirection.delete()
    const product = innerProductLinks(input, { most: PRODUCT_LINKS, onProgress: part(PARTS.product, 1) })
    const distance = takeGraph(library, byDistance, orderCrc)
    const lists = [product, groundLists(distance), groundLists(direction)]
    return replaceGround(distance, mergeLists(lists, 2 * PUBLISHED_M), PUBLISHED_M)
  } finally {
    byDistance.delete()
  }
}

type Points = {
  readonly rows: Float32Array
  readonly width: number
  readonly options: GraphOptions
  readonly onProgress: (share: number) => void
}

function addAll(library: HnswLibrary, { rows, width, options, onProgress }: Points): HnswIndex {
  const count = rows.length / width
  const index = new library.HierarchicalNSW('l2', width, '')
  index.initIndex(count, options.m, options.efConstruction, options.seed)
  for (let node = 0; node < count; node++) {
    index.addPoint(rows.subarray(node * width, (node + 1) * width), node, false)
    if (node % 1_000 === 0) onProgress(node / count)
  }
  return index
}

/** hnswlib-wasm saves, then throws because no file-system manager was made to sync it; the file is there all the same. */
function takeGraph(library: HnswLibrary, index: HnswIndex, orderCrc: number): Graph {
  const name = 'built.dat'
  try {
    index.writeIndex(name)
  } catch (thrown) {
    if (!(thrown instanceof Error) && !isWasmException(thrown)) throw thrown
  }
  const file = library.FS.readFile(libraryPath(name)) // throws when nothing was saved
  library.FS.unlink(libraryPath(name))
  return fromHnswlib(file, orderCrc)
}

function isWasmException(thrown: unknown): boolean {
  return typeof thrown === 'number' || Object.prototype.toString.call(thrown) === '[object WebAssembly.Exception]'
}

function unitRows(vectors: Float32Array, dim: number): Float32Array {
  const out = new Float32Array(vectors.length)
  for (let at = 0; at < vectors.length; at += dim) {
    let squares = 0
    for (let d = at; d < at + dim; d++) squares += vectors[d] * vectors[d]
    const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0
    for (let d = at; d < at + dim; d++) out[d] = vectors[d] * factor
  }
  return out
}
