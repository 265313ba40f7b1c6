/** Share of a cell's items that may be longer than its centroid. */
const LONGER = 0.05

/**
 * What stands for a cell when a device chooses cells: the direction of its items' mean, as long as the longest twentieth of them begins. Inner products grow with
 * length, so its product with a taste tells how well the cell's best items may do; the plain mean is short where directions differ, whatever the items.
 * @param quantised - The cell's rows on the space's grid, row-major.
 * @param scales - Of the space, one per dimension.
 * @returns On the grid, zeros where the rows cancel out; values beyond ±127 are cut.
 */
export function cellCentroid(quantised: Int8Array, scales: ArrayLike<number>): Int8Array {
  const dim = scales.length
  const items = quantised.length / dim
  const sum = new Float64Array(dim)
  const lengths = new Float64Array(items)
  for (let item = 0; item < items; item++) {
    for (let d = 0; d < dim; d++) {
      const value = quantised[item * dim + d] * scales[d]
      sum[d] += value
      lengths[item] += value * value
    }
    lengths[item] = Math.sqrt(lengths[item])
  }
  const size = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0))
  const reach = lengths.sort()[Math.floor(items * (1 - LONGER))] ?? 0
  if (size === 0) return new Int8Array(dim)
  return Int8Array.from(sum, (value, d) =>
    Math.max(-127, Math.min(127, Math.round((value * reach) / size / scales[d]))),
  )
}
