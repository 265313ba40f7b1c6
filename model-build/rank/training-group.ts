import { discountTable, rankOf } from '../train/ranking-metric.ts'

/** The candidates of one history with what the user took next. Rows are in candidate order. */
export type TrainingGroup = {
  readonly count: number
  /** Row-major, count × FEATURE_COUNT. */
  readonly features: Float32Array
  /** 1 for a candidate among the held-out items. */
  readonly labels: Uint8Array
  /** Held-out items, found among the candidates or not. */
  readonly relevant: number
  /** Whose history it is; groups of one user stay on one side of a validation split. */
  readonly user: number
}

/** NDCG@k of scores over one group, with binary gains and the ideal over all held-out items; ties go to the earlier candidate. */
export function groupNdcg(group: TrainingGroup, scores: Float32Array, k: number): number {
  const discounts = discountTable(k)
  let gain = 0
  for (let row = 0; row < group.count; row++) {
    const rank = group.labels[row] === 1 ? rankOf(scores, row, k) : k
    if (rank < k) gain += discounts[rank]
  }
  const ideal = discounts.subarray(0, group.relevant).reduce((sum, discount) => sum + discount, 0)
  return ideal === 0 ? 0 : gain / ideal
}

/** Mean NDCG@k of a scorer over groups that have something to find. */
export function meanNdcg(
  groups: readonly TrainingGroup[],
  score: (group: TrainingGroup) => Float32Array,
  k: number,
): number {
  const judged = groups.filter((group) => group.relevant > 0)
  if (judged.length === 0) return 0
  return judged.reduce((sum, group) => sum + groupNdcg(group, score(group), k), 0) / judged.length
}
