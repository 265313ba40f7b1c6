import { discountTable, rankOf } from '../train/ranking-metric.ts'

/** The candidates of one history with what the user took next; no rows where nothing of that was found. Rows are in candidate order. */
export type TrainingGroup = {
  readonly count: number
  /** Row-major, count × FEATURE_COUNT. */
  readonly features: Float32Array
  /** What each candidate is worth: above 0 for those among the held-out items that count. */
  readonly gains: Float32Array
  /** The same of every held-out item that counts, found among the candidates or not; the largest first. */
  readonly wanted: Float32Array
  /** Whose history it is; groups of one user stay on one side of a validation split. */
  readonly user: number
}

/** NDCG@k of scores over one group, the ideal over all held-out items; ties go to the earlier candidate. */
export function groupNdcg(group: TrainingGroup, scores: Float32Array, k: number): number {
  const discounts = discountTable(k)
  let gain = 0
  for (let row = 0; row < group.count; row++) {
    const rank = group.gains[row] > 0 ? rankOf(scores, row, k) : k
    if (rank < k) gain += group.gains[row] * discounts[rank]
  }
  const ideal = group.wanted.subarray(0, k).reduce((sum, wanted, rank) => sum + wanted * discounts[rank], 0)
  return ideal === 0 ? 0 : gain / ideal
}

/** Mean NDCG@k of a scorer over groups that have something to find. */
export function meanNdcg(
  groups: readonly TrainingGroup[],
  score: (group: TrainingGroup) => Float32Array,
  k: number,
): number {
  const judged = groups.filter(({ wanted }) => wanted.length > 0)
  if (judged.length === 0) return 0
  return judged.reduce((sum, group) => sum + groupNdcg(group, score(group), k), 0) / judged.length
}
