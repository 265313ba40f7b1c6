import { historyWeights } from './fold-in.ts'

/** How a space turns a history into a query without a model: the direction of its weighted sum; part of the manifest. */
export type MeanEncoder = {
  readonly type: 'mean'
  /** Weight of the k-th latest item of a history is ratio^k; 1 keeps all alike. */
  readonly ratio: number
  /** Length of every query. */
  readonly scale: number
}

/**
 * scale · s / |s| with s = Σ ratio^k · vector of the k-th latest item, in double precision and a fixed order of sums.
 * @param vectors - Row-major, latest item last.
 * @returns A new vector of length dim; zeros for an empty history.
 */
export function meanHistory({ ratio, scale }: MeanEncoder, vectors: Float32Array, dim: number): Float32Array {
  const count = vectors.length / dim
  const weights = historyWeights(count, ratio)
  const sum = new Float64Array(dim)
  for (let k = 0; k < count; k++)
    for (let d = 0, at = (count - 1 - k) * dim; d < dim; d++) sum[d] += weights[k] * vectors[at + d]
  let square = 0
  for (const value of sum) square += value * value
  const factor = square > 0 ? scale / Math.sqrt(square) : 0
  return Float32Array.from(sum, (value) => value * factor)
}
