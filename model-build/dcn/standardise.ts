/** Rows of finite features, row-major. */
export type FeatureRows = { readonly features: Float32Array; readonly count: number }

/** How features become what a network reads: (x - mean) * rate, cut at ±LIMIT; the rate of a feature that never differs is 0. */
export type Standard = { readonly means: Float32Array; readonly rates: Float32Array }

/** Standard deviations that a feature may be away from its mean. */
export const LIMIT = 5

/** Means and inverse standard deviations over all rows. */
export function fitStandard(lists: readonly FeatureRows[], features: number): Standard {
  const rows = lists.reduce((sum, { count }) => sum + count, 0)
  const sums = new Float64Array(features)
  eachValue(lists, features, (f, value) => {
    sums[f] += value
  })
  const means = Float32Array.from(sums, (sum) => sum / Math.max(1, rows))
  const squares = new Float64Array(features)
  eachValue(lists, features, (f, value) => {
    squares[f] += (value - means[f]) ** 2
  })
  const rates = Float32Array.from(squares, (square, f) => {
    const deviation = Math.sqrt(square / Math.max(1, rows))
    return deviation > 1e-6 * (1 + Math.abs(means[f])) ? 1 / deviation : 0
  })
  return { means, rates }
}

function eachValue(
  lists: readonly FeatureRows[],
  features: number,
  visit: (feature: number, value: number) => void,
): void {
  for (const { features: values, count } of lists)
    for (let row = 0, at = 0; row < count; row++) for (let f = 0; f < features; f++) visit(f, values[at++])
}

/** Writes one row as a network reads it; what stands behind the features of `to` is left as it is. */
export function standardiseRow({ means, rates }: Standard, row: Float32Array, to: Float32Array): void {
  for (let f = 0; f < row.length; f++) to[f] = Math.min(LIMIT, Math.max(-LIMIT, (row[f] - means[f]) * rates[f]))
}
