import { RecError, toRecError } from '#contract/errors'
import type { Graph } from '#contract/graph'
import type { IntegerQuery } from '#contract/vectors'
import type { Catalogue } from '../catalogue.ts'
import type { Retriever, RowRange, TopK } from '../retriever.ts'
import { integerDot } from '../scan/scan-js.ts'
import { TopHeap } from '../top-heap.ts'
import { type HnswIndex, type HnswLibrary, libraryPath } from './hnsw-library.ts'
import { augmentRows, toHnswlib } from './hnswlib-file.ts'

/** Blocked rows of a group up to which the search just asks for so many more; beyond, the exact engine answers. */
const MOST_BLOCKED = 1_000

export type HnswOptions = {
  readonly library: HnswLibrary
  readonly graph: Graph
  readonly catalogue: Pick<Catalogue, 'quantised' | 'scales' | 'dim' | 'itemNoOf'>
  /** Rows of the group's cells in table order; node i of the graph is the i-th of them. */
  readonly ranges: readonly RowRange[]
  /** `groupCrc` of those cells; the graph must have been built over the same. */
  readonly orderCrc: number
  /** Candidates kept while searching, at least k is used. */
  readonly efSearch: number
  /** Exact engine over the same rows, for requests that a graph serves badly: strong filters, more results than half the group. */
  readonly exact: Retriever
}

/** Loads are apart: the library's file names are global. */
let nextName = 0

/**
 * Loads a graph into hnswlib-wasm without rebuilding it and searches it; what it finds is scored again by the integer product, so scores
 * are those of every engine.
 * @throws RecError `shard-malformed` when graph and rows do not fit, `engine-unavailable` when the library refuses.
 */
export function createHnswRetriever(options: HnswOptions): Retriever {
  const { catalogue, ranges, graph, exact } = options
  const rowOfNode = rowsOf(ranges)
  if (rowOfNode.length !== graph.itemCount || options.orderCrc !== graph.orderCrc)
    throw new RecError('shard-malformed', 'a graph was built over another group', { itemCount: graph.itemCount })
  const { index, largestNorm } = loadIndex(options, rowOfNode)
  const heap = new TopHeap(catalogue.itemNoOf)
  const search = (query: IntegerQuery, k: number, blocked: Uint8Array): TopK => {
    const hidden = countBlocked(ranges, blocked)
    const asked = k + hidden
    if (k === 0 || query.step === 0 || hidden > MOST_BLOCKED || asked * 2 > graph.itemCount)
      return exact.search(query, k, blocked)
    index.setEfSearch(Math.max(options.efSearch, asked))
    const { neighbors } = index.searchKnn(floatQuery(query, catalogue.scales, largestNorm), asked, undefined)
    heap.reset(k)
    for (const node of neighbors) {
      const row = rowOfNode[node]
      if (blocked[row] === 0) heap.offer(row, integerDot(catalogue.quantised, row, query.values))
    }
    const { rows, scores } = heap.take()
    return { rows, scores: Int32Array.from(scores) }
  }
  const close = (): void => {
    index.delete()
    exact.close()
  }
  return { name: 'hnswlib', ranges, search, close }
}

function rowsOf(ranges: readonly RowRange[]): Int32Array {
  const rows = new Int32Array(ranges.reduce((sum, { from, to }) => sum + to - from, 0))
  let node = 0
  for (const { from, to } of ranges) for (let row = from; row < to; row++) rows[node++] = row
  return rows
}

function loadIndex(
  { library, graph, catalogue }: HnswOptions,
  rowOfNode: Int32Array,
): { index: HnswIndex; largestNorm: number } {
  const { quantised, scales, dim } = catalogue
  const vectors = new Float32Array(rowOfNode.length * dim)
  for (let node = 0; node < rowOfNode.length; node++)
    for (let d = 0; d < dim; d++) vectors[node * dim + d] = quantised[rowOfNode[node] * dim + d] * scales[d]
  const { rows, largestNorm } = augmentRows(vectors, dim)
  const name = `graph-${nextName++}.dat`
  const index = new library.HierarchicalNSW('l2', dim + 1, '')
  try {
    library.FS.writeFile(libraryPath(name), toHnswlib(graph, rows, dim + 1), { canOwn: true })
    index.readIndex(name, graph.itemCount)
    library.FS.unlink(libraryPath(name))
  } catch (thrown) {
    index.delete()
    throw toRecError(thrown, 'engine-unavailable')
  }
  return { index, largestNorm }
}

/** The user vector behind an integer query, on the scale of the rows, with 0 for the added dimension. */
function floatQuery({ values }: IntegerQuery, scales: Float32Array, norm: number): Float32Array {
  const query = new Float32Array(values.length + 1)
  let squares = 0
  for (let d = 0; d < values.length; d++) {
    query[d] = scales[d] > 0 ? values[d] / scales[d] : 0
    squares += query[d] * query[d]
  }
  const factor = squares > 0 ? norm / Math.sqrt(squares) : 0
  for (let d = 0; d < values.length; d++) query[d] *= factor
  return query
}

function countBlocked(ranges: readonly RowRange[], blocked: Uint8Array): number {
  let count = 0
  for (const { from, to } of ranges) for (let row = from; row < to; row++) count += blocked[row]
  return count
}
