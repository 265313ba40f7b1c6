import { HEAD } from '#contract/feedback/plan'
import type { LearningState } from './learning-state.ts'
import type { RobustEstimate } from './robust-mean.ts'

/** Least clicks, and least standard errors, before a cell says anything. */
const LEAST_CLICKS = 50
const LEAST_ERRORS = 2

/** Most that a log share moves in one epoch, and in all. */
const STEP = Math.log(1.5)
const TOTAL = Math.log(8)

/**
 * Moves the log shares of the head's items towards what was clicked: an empirical-Bayes blend of the prior with the reported share, each weighed
 * by its certainty, cut to a step per epoch and to a total. Cells that say too little stay where they are.
 * Shares that the release expects, positive, and log moves of the epochs before, zeros at first, are in the same order.
 * @param clicks - Estimate of `head`, cells in the order of the items (un-permuted).
 * @param isDefended - false cuts nothing.
 * @returns Log moves with this epoch's.
 */
export function updatePopularity(
  { prior, moved }: LearningState['popularity'],
  clicks: RobustEstimate,
  isDefended: boolean,
): Float64Array {
  const [most, total] = isDefended ? [STEP, TOTAL] : [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const shares = clickShares(clicks)
  const usable = Array.from(prior.keys()).filter((item) => isUsable(clicks, item) && prior[item] > 0)
  const gaps = usable.map((item) => Math.log(shares.mean[item]) - Math.log(prior[item]) - moved[item])
  const noises = usable.map((item) => (shares.error[item] / shares.mean[item]) ** 2)
  const between = betweenVariance(gaps, noises)
  const next = moved.slice()
  usable.forEach((item, k) => {
    const weight = between / (between + noises[k])
    const step = Math.max(-most, Math.min(most, weight * gaps[k]))
    next[item] = Math.max(-total, Math.min(total, moved[item] + step))
  })
  return next
}

/** Shares among clicks; devices also report that nothing was clicked. */
function clickShares({ mean, standardError }: RobustEstimate) {
  const clicked = Math.max(1e-9, 1 - mean[HEAD.cells - 1])
  return { mean: mean.map((share) => share / clicked), error: standardError.map((error) => error / clicked) }
}

function isUsable({ count, mean, standardError }: RobustEstimate, cell: number): boolean {
  return cell < HEAD.items && mean[cell] * count >= LEAST_CLICKS && mean[cell] >= LEAST_ERRORS * standardError[cell]
}

/** Variance of true gaps: that of the seen ones less their noise; never below a hundredth of the seen. */
function betweenVariance(gaps: readonly number[], noises: readonly number[]): number {
  if (gaps.length === 0) return 0
  const seen = gaps.reduce((sum, gap) => sum + gap * gap, 0) / gaps.length
  const noise = noises.reduce((sum, value) => sum + value, 0) / noises.length
  return Math.max(0.01 * seen, seen - noise) + Number.MIN_VALUE
}
