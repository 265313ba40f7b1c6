import type { HistoryItem } from '#contract/features'
import type { Catalogue } from './catalogue.ts'

/**
 * What a history keeps of a resident item, so that it outlives its cell.
 * @param at - Milliseconds UTC, NaN unknown.
 */
export function historyItemOf(catalogue: Catalogue, row: number, at: number): HistoryItem {
  const { columns, dim } = catalogue
  return {
    itemNo: catalogue.itemNoOf[row],
    vector: vectorOf(catalogue, row),
    category: columns.category[row],
    tags: columns.tags.slice(columns.tagOffsets[row], columns.tagOffsets[row + 1]),
    popularity: columns.popularity[row],
    price: columns.price[row],
    createdDay: columns.createdDay[row],
    at,
  }

  function vectorOf({ quantised, scales }: Catalogue, of: number): Float32Array {
    const vector = new Float32Array(dim)
    for (let d = 0; d < dim; d++) vector[d] = quantised[of * dim + d] * scales[d]
    return vector
  }
}
