/** Discount of rank r (0 = first) is 1 / log2(r + 2). */
export function discountTable(length: number): Float32Array {
  return Float32Array.from({ length }, (_, rank) => 1 / Math.log2(rank + 2))
}

/** Whether a list holds anything that counts. */
export function hasGain({ gains }: { readonly gains: Float32Array }): boolean {
  return gains.some((gain) => gain > 0)
}

/** Groups are rows `groups[g] … groups[g + 1] - 1`; a gain, at least 0, says what finding a row is worth. */
export type GainedGroups = {
  readonly groups: Int32Array
  readonly gains: Float32Array
}

/** DCG@k of the best possible order of each group. */
export function idealDcg(data: GainedGroups, k: number): Float64Array {
  const discounts = discountTable(k)
  const ideal = new Float64Array(data.groups.length - 1)
  for (let g = 0; g < ideal.length; g++) {
    const gains = data.gains
      .slice(data.groups[g], data.groups[g + 1])
      .sort()
      .reverse()
    for (let r = 0; r < Math.min(k, gains.length); r++) ideal[g] += gains[r] * discounts[r]
  }
  return ideal
}

/** Mean NDCG@k over groups that have a gain, 0 when none has; equal scores keep row order. Järvelin & Kekäläinen 2002. */
export function meanNdcg(data: GainedGroups, scores: Float32Array, k: number, ideal = idealDcg(data, k)): number {
  const discounts = discountTable(k)
  let sum = 0
  let counted = 0
  for (let g = 0; g < ideal.length; g++) {
    if (ideal[g] === 0) continue
    const [from, to] = [data.groups[g], data.groups[g + 1]]
    let dcg = 0
    for (let row = from; row < to; row++) {
      if (data.gains[row] === 0) continue
      const rank = rankOf(scores.subarray(from, to), row - from, k)
      if (rank < k) dcg += data.gains[row] * discounts[rank]
    }
    sum += dcg / ideal[g]
    counted++
  }
  return counted === 0 ? 0 : sum / counted
}

/** Rows of a list that stand before `row` by descending score, equal ones in row order; counted up to `limit`. */
export function rankOf(scores: Float32Array | Float64Array, row: number, limit: number): number {
  const own = scores[row]
  let rank = 0
  for (let other = 0; other < row && rank < limit; other++) if (scores[other] >= own) rank++
  for (let other = row + 1; other < scores.length && rank < limit; other++) if (scores[other] > own) rank++
  return rank
}
