import type { BilinearTerm } from '#contract/feedback/learning'
import type { Manifest } from '#contract/manifest'
import { type Belief, learn } from './belief.ts'
import type { RobustEstimate } from './robust-mean.ts'
import { norm, withinLength } from './trust-region.ts'

/** The parts of a score that learn from vector answers. */
export type Weights = {
  readonly linearHead: NonNullable<Manifest['linearHead']>
  readonly bilinear: BilinearTerm
  /** Step of each of the head's features. */
  readonly featureScale: readonly number[]
}

/** Estimates that passed their gates; undefined where one did not. */
export type VectorAnswers = {
  readonly rank: RobustEstimate | undefined
  readonly pair: RobustEstimate | undefined
  /** Norms that devices cut answers to. */
  readonly clips: { readonly rank: number; readonly pair: number }
}

export type Scale = {
  readonly belief: Belief
  readonly curvature: Float64Array
  readonly slope: number
  /** Standard deviation of a list's scores. */
  readonly scoreDeviation: number
}

/** Longest step of the head and of the term, as a share of what they are. */
const HEAD_STEP = 0.5
const TERM_STEP = 0.25

/** A step is allowed in any case up to this many standard deviations of a list's scores. */
const LEAST_STEP = 0.1

/**
 * One step of the linear head and the bilinear term together, towards the weights under which devices would take what is expected. What noise explains is left
 * out (`learn`); then each part is cut to max(0.5 |w|, 0.1 deviations) and max(0.25 |W|, 0.1 deviations), the head on its standardised scale.
 */
export function updateWeights(weights: Weights, answers: VectorAnswers, scale: Scale) {
  const { linearHead, bilinear, featureScale } = weights
  const heads = linearHead.features.length
  const response = scale.curvature.map((value) => value * scale.slope)
  const { step, belief } = learn(scale.belief, response, readingOf(answers, heads, scale.belief.side))
  const least = LEAST_STEP * scale.scoreDeviation
  const head = step.subarray(0, heads)
  const term = step.subarray(heads)
  const standard = linearHead.weights.map((weight, k) => weight * featureScale[k])
  withinLength(head, Math.max(HEAD_STEP * norm(standard), least))
  withinLength(term, Math.max(TERM_STEP * norm(bilinear.weights), least))
  return {
    linearHead: {
      ...linearHead,
      weights: linearHead.weights.map((weight, k) =>
        featureScale[k] > 0 ? Math.fround(weight + head[k] / featureScale[k]) : weight,
      ),
    },
    bilinear: { ...bilinear, weights: bilinear.weights.map((weight, k) => Math.fround(weight + term[k])) },
    belief,
  }
}

/** Both answers as one vector in the direction of what was taken; devices report minus that for `rank`. */
function readingOf({ rank, pair, clips }: VectorAnswers, heads: number, side: number) {
  const mean = new Float64Array(side)
  const variance = new Float64Array(side).fill(Number.POSITIVE_INFINITY)
  const put = (from: number, estimate: RobustEstimate | undefined, factor: number) =>
    estimate?.mean.forEach((value, d) => {
      mean[from + d] = factor * value
      variance[from + d] = (factor * estimate.standardError[d]) ** 2
    })
  put(0, rank, -clips.rank)
  put(heads, pair, clips.pair)
  return { mean, variance }
}
