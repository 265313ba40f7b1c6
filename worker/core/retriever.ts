import type { IntegerQuery } from '#contract/vectors'

/** Best rows first: descending score, ties by ascending itemNo. Both arrays have the same length, at most k. */
export type TopK = { readonly rows: Int32Array; readonly scores: Int32Array }

/** Rows from … to - 1. */
export type RowRange = { readonly from: number; readonly to: number }

/** Finds rows with the largest integer inner product; each implementation passes `retriever.conformance.ts`. */
export interface Retriever {
  readonly name: 'hnsw' | 'hnswlib' | 'scan' | 'scan-js'
  /** Rows this engine answers for, ascending and apart; together the engines of a model cover all rows once. */
  readonly ranges: readonly RowRange[]
  /**
   * @param query - Made by `integerQuery`, dim values.
   * @param k - Results wanted, ≥ 0.
   * @param blocked - One byte per row of the catalogue; rows with 1 are left out.
   * @returns New arrays.
   */
  search(query: IntegerQuery, k: number, blocked: Uint8Array): TopK
  close(): void
}

/** Merges answers of engines over disjoint rows into one. */
export function mergeTopK(answers: readonly TopK[], k: number, itemNoOf: Uint32Array): TopK {
  const only = answers[0]
  if (answers.length === 1 && only !== undefined && only.rows.length <= k) return only
  const at = new Uint32Array(answers.length)
  const count = Math.min(
    k,
    answers.reduce((sum, answer) => sum + answer.rows.length, 0),
  )
  const rows = new Int32Array(count)
  const scores = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    let best = -1
    for (let a = 0; a < answers.length; a++) {
      if (at[a] >= answers[a].rows.length) continue
      if (best < 0 || isBetter(answers[a], at[a], answers[best], at[best], itemNoOf)) best = a
    }
    rows[i] = answers[best].rows[at[best]]
    scores[i] = answers[best].scores[at[best]++]
  }
  return { rows, scores }
}

// biome-ignore lint/complexity/useMaxParams: two places in two answers, called in a hot loop
function isBetter(a: TopK, i: number, b: TopK, j: number, itemNoOf: Uint32Array): boolean {
  if (a.scores[i] !== b.scores[j]) return a.scores[i] > b.scores[j]
  return itemNoOf[a.rows[i]] < itemNoOf[b.rows[j]]
}
