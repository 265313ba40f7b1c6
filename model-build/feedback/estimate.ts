import { freshHitChance, wantedHitChance } from '#contract/feedback/chance'
import { vecScale } from '#contract/feedback/normal-law'
import type { Shape } from '#contract/feedback/seeds'

/** Mean answers of some reports: shares of cells, share of «yes», or a mean vector, each with its variance. */
export type Estimate = {
  readonly count: number
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/**
 * Undoes the randomiser in the mean, section 10 of the privacy specification. Unbiased; single values may lie outside what an answer can be.
 * @param sum - As `addSeed` adds it up over `count` reports; `count` is at least 1.
 */
export function estimate(shape: Shape, count: number, sum: Float64Array): Estimate {
  if (shape.type === 'vec') return vectorMean(shape.epsilon, count, sum)
  const a = freshHitChance(shape.type, shape.epsilon)
  const p = wantedHitChance(a, shape.epsilon)
  return shape.type === 'bin' ? yesShare(p, count, sum) : cellShares(a, p, count, sum)
}

function vectorMean(epsilon: number, count: number, sum: Float64Array): Estimate {
  const scale = vecScale(epsilon)
  return {
    count,
    mean: sum.map((value) => value / (count * scale)),
    variance: new Float64Array(sum.length).fill(1 / (scale * scale * count)),
  }
}

function yesShare(p: number, count: number, sum: Float64Array): Estimate {
  const share = sum[0] / count
  return {
    count,
    mean: Float64Array.of((share - (1 - p)) / (2 * p - 1)),
    variance: Float64Array.of((share * (1 - share)) / (count * (2 * p - 1) ** 2)),
  }
}

function cellShares(a: number, p: number, count: number, sum: Float64Array): Estimate {
  const mean = sum.map((hits) => (hits - count * a) / (p - a) / count)
  const spread = p * (1 - p) - a * (1 - a)
  const variance = mean.map((share) => (Math.max(share, 0) * spread + a * (1 - a)) / (p - a) ** 2 / count)
  return { count, mean, variance }
}
