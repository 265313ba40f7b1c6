/** A ratio with its 95 % interval. */
export type Ratio = { readonly mean: number; readonly low: number; readonly high: number }

/**
 * Ratio of the means of paired values with an interval over the pairs: the ratio estimator and its large-sample variance (Cochran, Sampling Techniques,
 * 1977, chapter 6).
 */
export function ratioOfMeans(above: readonly number[], below: readonly number[]): Ratio {
  const count = above.length
  const total = below.reduce((sum, value) => sum + value, 0)
  const mean = above.reduce((sum, value) => sum + value, 0) / total
  const squares = above.reduce((sum, value, at) => sum + (value - mean * below[at]) ** 2, 0)
  const error = Math.sqrt((squares / (count - 1)) * count) / total
  return { mean, low: mean - 1.96 * error, high: mean + 1.96 * error }
}
