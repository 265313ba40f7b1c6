import type { Estimate } from './estimate.ts'

/** A mean that few stripes cannot move, with the wider of two standard errors. */
export type RobustEstimate = {
  readonly count: number
  readonly stripes: number
  readonly mean: Float64Array
  /** The larger of what the randomiser's noise and what the spread of the stripes predict. */
  readonly standardError: Float64Array
}

/** Share of the stripes that is dropped on each side: 4 low and 4 high of 16. */
const TRIM = 0.25

/**
 * Coordinate-wise 25 % trimmed mean over stripes. Whoever sends from few networks sits in few stripes, which then are the ones dropped.
 * Spread by the winsorised variance (Tukey & McLaughlin, 1963).
 * @param stripes - One estimate per stripe that has reports; at least 1.
 */
export function robustMean(stripes: readonly Estimate[]): RobustEstimate {
  const length = stripes[0]?.mean.length ?? 0
  const mean = new Float64Array(length)
  const standardError = new Float64Array(length)
  const cut = Math.floor(stripes.length * TRIM)
  const kept = stripes.length - 2 * cut
  for (let d = 0; d < length; d++) {
    const values = Float64Array.from(stripes, (stripe) => stripe.mean[d]).sort()
    let sum = 0
    for (let i = cut; i < stripes.length - cut; i++) sum += values[i]
    mean[d] = sum / kept
    let noise = 0
    for (const stripe of stripes) noise += stripe.variance[d]
    const formula = Math.sqrt(noise) / stripes.length
    standardError[d] = Math.max(formula, winsorisedError(values, cut, kept))
  }
  return { count: stripes.reduce((sum, { count }) => sum + count, 0), stripes: stripes.length, mean, standardError }
}

function winsorisedError(sorted: Float64Array, cut: number, kept: number): number {
  const n = sorted.length
  if (n < 2 || kept < 2) return 0
  let sum = 0
  let squares = 0
  for (let i = 0; i < n; i++) {
    const value = sorted[Math.min(n - 1 - cut, Math.max(cut, i))]
    sum += value
    squares += value * value
  }
  const variance = Math.max(0, (squares - (sum * sum) / n) / (n - 1))
  return (Math.sqrt(variance) * Math.sqrt(n)) / kept
}
