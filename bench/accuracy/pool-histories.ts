/** A point of `historyLength` of `evaluate --json`: the same users with all but `length` items forgotten. */
export type HistoryPoint = {
  readonly length: number
  readonly users: number
  readonly ndcg: number
  readonly popularity: number
}

/** NDCG as a multiple of popularity's by history length, over the users of all folds. */
export function poolHistories(points: readonly HistoryPoint[]): Record<string, number> {
  const lengths = [...new Set(points.map(({ length }) => length))].sort((a, b) => a - b)
  return Object.fromEntries(
    lengths.map((length) => {
      const own = points.filter((point) => point.length === length)
      const total = (of: 'ndcg' | 'popularity') => own.reduce((sum, point) => sum + point[of] * point.users, 0)
      return [String(length), total('ndcg') / total('popularity')]
    }),
  )
}
