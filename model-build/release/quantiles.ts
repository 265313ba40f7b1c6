/**
 * 8-bit quantiles on a logarithmic rank scale: 255 for the largest value, falling with the logarithm of the rank to 1; 0 for
 * values that are not positive. Equal values share the best of their ranks. The few items most people see stay apart, and no count can be read back.
 */
export function logRankQuantiles(values: Float64Array): Uint8Array {
  const order = Array.from(values.keys())
    .filter((i) => values[i] > 0)
    .sort((a, b) => values[b] - values[a] || a - b)
  const out = new Uint8Array(values.length)
  const span = Math.log1p(order.length)
  let shared = 0
  order.forEach((index, rank) => {
    if (rank === 0 || values[index] !== values[order[rank - 1]]) shared = rank
    out[index] = 1 + Math.round(254 * (1 - Math.log1p(shared) / span))
  })
  return out
}
