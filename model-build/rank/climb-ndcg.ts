import { discountTable, rankOf } from '../train/ranking-metric.ts'
import type { StandardList } from './linear-head.ts'

const K = 20
const PASSES = 3

/** Steps tried in each coordinate, as a share of the largest weight. */
const STEPS = [0.5, 0.2, 0.08, -0.08, -0.2, -0.5]

/** A step must gain this much NDCG, lest it follows noise. */
const LEAST_GAIN = 2e-4

/** The start with the highest mean NDCG@20; the first of equals. */
export function bestStart(lists: readonly StandardList[], starts: readonly Float64Array[]): Float64Array {
  const values = starts.map((weights) => meanOf(scoresOf(lists, weights), lists))
  return starts[values.indexOf(Math.max(...values))]
}

/** Coordinate ascent on mean NDCG@20 from given weights, one per column of the lists; returns new weights, none worse than the start. */
export function climbNdcg(lists: readonly StandardList[], start: Float64Array): Float64Array {
  const weights = start.slice()
  const scores = scoresOf(lists, weights)
  let best = meanOf(scores, lists)
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = false
    for (let c = 0; c < weights.length; c++) {
      const unit = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
      const found = STEPS.map((step) => {
        const trial = scores.map((values, l) => added(values, lists[l], c, step * unit))
        return { step: step * unit, value: meanOf(trial, lists) }
      }).reduce((a, b) => (b.value > a.value ? b : a))
      if (found.value < best + LEAST_GAIN) continue
      best = found.value
      weights[c] += found.step
      scores.forEach((values, l) => {
        values.set(added(values, lists[l], c, found.step))
      })
      moved = true
    }
    if (!moved) break
  }
  return weights
}

function scoresOf(lists: readonly StandardList[], weights: Float64Array): Float64Array[] {
  return lists.map(({ rows, count }) => {
    const scores = new Float64Array(count)
    for (let row = 0, at = 0; row < count; row++)
      for (let c = 0; c < weights.length; c++) scores[row] += weights[c] * rows[at++]
    return scores
  })
}

function added(scores: Float64Array, { rows, count }: StandardList, column: number, step: number): Float64Array {
  const width = rows.length / count
  const moved = new Float64Array(count)
  for (let row = 0; row < count; row++) moved[row] = scores[row] + step * rows[row * width + column]
  return moved
}

const DISCOUNTS = discountTable(K)

/** Mean NDCG@20; the ideal counts held-out items that are not among the candidates; ties go to the earlier row. */
function meanOf(scores: readonly Float64Array[], lists: readonly StandardList[]): number {
  let sum = 0
  lists.forEach(({ target, count, relevant }, l) => {
    const values = scores[l]
    let gain = 0
    let ideal = 0
    for (let place = 0; place < Math.min(K, relevant); place++) ideal += DISCOUNTS[place]
    for (let row = 0; row < count; row++) {
      if (target[row] === 0) continue
      const rank = rankOf(values, row, K)
      if (rank < K) gain += DISCOUNTS[rank]
    }
    sum += gain / ideal
  })
  return lists.length === 0 ? 0 : sum / lists.length
}
