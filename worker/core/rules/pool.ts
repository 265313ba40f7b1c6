import type { FeatureInputs } from '#contract/features'

/** Candidates as rules see them: arrays by candidate, and the order they stand in. Rules return new orders and never change their input. */
export type Pool = {
  /** itemNo by candidate. */
  readonly itemNos: Uint32Array
  /**
   * Strength by candidate, 0…1 before any rule: (score - least) / (largest - least), 1 for all when scores do not differ.
   * Scores of a ranker may be negative, and a factor on a negative score would turn its meaning round; on the strength it cannot,
   * and without factors the order is that of the scores.
   */
  readonly strength: Float64Array
  /** Indices of candidates, best first. */
  readonly order: Int32Array
  readonly category: Uint16Array
  readonly createdDay: Uint16Array
  readonly vectors: Float32Array
  readonly dim: number
  /** How many of `order` the category limit let through; all where absent. */
  readonly kept?: number
}

/** What rules read of the candidates. */
export type PoolColumns = Pick<FeatureInputs, 'category' | 'createdDay' | 'vectors' | 'dim'>

/** Starts the rules from scores: best first, ties by ascending itemNo. */
export function createPool(scores: Float32Array, itemNos: Uint32Array, inputs: PoolColumns): Pool {
  let least = Number.POSITIVE_INFINITY
  let largest = Number.NEGATIVE_INFINITY
  for (const score of scores) {
    if (score < least) least = score
    if (score > largest) largest = score
  }
  const width = largest - least
  const strength = Float64Array.from(scores, (score) => (width > 0 ? (score - least) / width : 1))
  const { category, createdDay, vectors, dim } = inputs
  const order = orderBy(scores, itemNos)
  return { itemNos, strength, order, category, createdDay, vectors, dim }
}

/** Indices by descending value, ties by ascending itemNo. */
export function orderBy(values: Float32Array | Float64Array, itemNos: Uint32Array): Int32Array {
  const order = Int32Array.from(values, (_, i) => i)
  return order.sort((a, b) => values[b] - values[a] || itemNos[a] - itemNos[b])
}

/** A pool with strengths multiplied by a factor per candidate and the order that follows from it. */
export function scalePool(pool: Pool, factor: (candidate: number) => number): Pool {
  const strength = pool.strength.slice()
  for (const candidate of pool.order) strength[candidate] *= factor(candidate)
  const order = pool.order.slice().sort((a, b) => strength[b] - strength[a] || pool.itemNos[a] - pool.itemNos[b])
  return { ...pool, strength, order }
}
