import type { RobustEstimate } from './robust-mean.ts'
import { svd } from './svd.ts'
import { norm, withinLength } from './trust-region.ts'

/**
 * One step of the bilinear term's W, from the mean of outer(context, clicked - mean shown). What devices saw anyway is subtracted there already;
 * singular values up to sqrt(variance d), the size that noise alone has, are cut off here. The step is no longer than
 * max(0.25 |W|, 0.1 standard deviations of the tree score).
 * @param weights - d x d, row-major.
 * @param rate - Step per unit of the mean.
 */
export function updatePair(
  weights: Float64Array,
  moment: RobustEstimate,
  { rate, treeDeviation }: { readonly rate: number; readonly treeDeviation: number },
): Float64Array {
  const dim = Math.sqrt(weights.length)
  const variance = norm(moment.standardError) ** 2 / moment.standardError.length
  const step = softThreshold(moment.mean, dim, Math.sqrt(variance * dim)).map((value) => value * rate)
  withinLength(step, Math.max(0.25 * norm(weights), 0.1 * treeDeviation))
  return weights.map((weight, k) => weight + step[k])
}

function softThreshold(matrix: Float64Array, dim: number, threshold: number): Float64Array {
  const { u, s, v } = svd(matrix, dim)
  const out = new Float64Array(matrix.length)
  for (let k = 0; k < dim; k++) {
    const kept = s[k] - threshold
    if (kept <= 0) continue
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) out[i * dim + j] += kept * u[k * dim + i] * v[k * dim + j]
  }
  return out
}
