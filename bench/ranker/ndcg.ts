import { DOCUMENTS, type RankedLists } from './lists.ts'

const CUTOFF = 10

/** Mean NDCG@10 with gains 2^label - 1 over queries that have a positive label; equal scores keep row order. */
export function meanNdcg({ queries, labels }: Pick<RankedLists, 'queries' | 'labels'>, scores: Float32Array): number {
  let sum = 0
  let judged = 0
  for (let query = 0; query < queries; query++) {
    const rows = Array.from({ length: DOCUMENTS }, (_, k) => query * DOCUMENTS + k)
    const ideal = gainOf(
      [...rows].sort((a, b) => labels[b] - labels[a] || a - b),
      labels,
    )
    if (ideal === 0) continue
    sum +=
      gainOf(
        [...rows].sort((a, b) => scores[b] - scores[a] || a - b),
        labels,
      ) / ideal
    judged++
  }
  return judged === 0 ? 0 : sum / judged
}

function gainOf(rows: readonly number[], labels: Uint8Array): number {
  return rows.slice(0, CUTOFF).reduce((sum, row, rank) => sum + (2 ** labels[row] - 1) / Math.log2(rank + 2), 0)
}
