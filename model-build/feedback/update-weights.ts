import type { BilinearTerm } from '#contract/feedback/learning'
import type { Manifest } from '#contract/manifest'
import { type Belief, learn, type Reading } from './belief.ts'
import type { RobustEstimate } from './robust-mean.ts'
import { norm, withinDrift, withinLength } from './trust-region.ts'

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

/** Most that lists drift in one release, nats. What poisoned reports can do in one week is measured under it: docs/privacy.md, «Poisoned reports». */
const MOST_DRIFT = 0.003

/** How far the mean answers move per unit of weight. */
export function responseOf({ curvature, slope }: Pick<Scale, 'curvature' | 'slope'>): Float64Array {
  return curvature.map((value) => value * slope)
}

/**
 * One step of the linear head and the bilinear term together, towards the weights under which devices would take what is expected. What noise explains is left
 * out (`learn`). Each part is cut to max(0.5 |w|, 0.1 deviations) and max(0.25 |W|, 0.1 deviations), the head on its standardised scale, and both to where lists
 * drift little; what a step leaves over is kept in the belief, for the next one.
 * @param isDefended - false takes the step whole.
 */
export function updateWeights(weights: Weights, answers: VectorAnswers, scale: Scale, isDefended: boolean) {
  const { linearHead, bilinear, featureScale } = weights
  const heads = linearHead.features.length
  const learnt = learn(scale.belief, responseOf(scale), readingOf(answers, heads, scale.belief.side))
  const step = learnt.ahead.slice()
  const head = step.subarray(0, heads)
  const term = step.subarray(heads)
  if (isDefended) {
    const least = LEAST_STEP * scale.scoreDeviation
    const standard = linearHead.weights.map((weight, k) => weight * featureScale[k])
    withinLength(head, Math.max(HEAD_STEP * norm(standard), least))
    withinLength(term, Math.max(TERM_STEP * norm(bilinear.weights), least))
    withinDrift(step, scale.curvature, scale.slope, MOST_DRIFT)
  }
  return {
    linearHead: {
      ...linearHead,
      weights: linearHead.weights.map((weight, k) =>
        featureScale[k] > 0 ? Math.fround(weight + head[k] / featureScale[k]) : weight,
      ),
    },
    bilinear: { ...bilinear, weights: bilinear.weights.map((weight, k) => Math.fround(weight + term[k])) },
    belief: { ...learnt, ahead: learnt.ahead.map((value, k) => value - step[k]) },
  }
}

/** Both answers as one vector in the direction of what was taken; devices report minus that for `rank`. */
export function readingOf({ rank, pair, clips }: VectorAnswers, heads: number, side: number): Reading {
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
