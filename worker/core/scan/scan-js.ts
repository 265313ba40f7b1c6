import type { IntegerQuery } from '#contract/vectors'
import type { Catalogue } from '../catalogue.ts'
import type { Retriever, RowRange, TopK } from '../retriever.ts'
import { TopHeap } from '../top-heap.ts'

/** Integer inner product of a query with one row of the catalogue. */
export function integerDot(quantised: Int8Array, row: number, query: Int16Array): number {
  const dim = query.length
  let sum = 0
  for (let d = 0, at = row * dim; d < dim; d++, at++) sum = (sum + quantised[at] * query[d]) | 0
  return sum
}

/** Exact scan in plain JavaScript: the reference for every other engine, and the engine where there is no WebAssembly SIMD. */
export function createJsScan(
  catalogue: Pick<Catalogue, 'quantised' | 'itemNoOf' | 'rowCount'>,
  ranges: readonly RowRange[] = [{ from: 0, to: catalogue.rowCount }],
): Retriever {
  const heap = new TopHeap(catalogue.itemNoOf)
  const search = (query: IntegerQuery, k: number, blocked: Uint8Array): TopK => {
    heap.reset(k)
    for (const { from, to } of ranges) {
      for (let row = from; row < to; row++) {
        const score = integerDot(catalogue.quantised, row, query.values)
        if (score >= heap.floor && blocked[row] === 0) heap.offer(row, score)
      }
    }
    const { rows, scores } = heap.take()
    return { rows, scores: Int32Array.from(scores) }
  }
  return { name: 'scan-js', ranges, search, close: () => undefined }
}
