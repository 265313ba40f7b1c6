import { factorise, solve } from './cholesky.ts'

/** What is known of the learnt weights: they are normal about those of the release, with this precision; row-major, symmetric. */
export type Belief = { readonly side: number; readonly precision: Float64Array }

/** Weights are believed to lie within these deviations of a release's, before any report. */
export function firstBelief(deviations: Float64Array): Belief {
  const side = deviations.length
  const precision = new Float64Array(side * side)
  for (let k = 0; k < side; k++) precision[k * side + k] = 1 / deviations[k] ** 2
  return { side, precision }
}

/** Mean answers of one epoch as they were estimated; coordinates that no question told of have an infinite variance. */
export type Reading = { readonly mean: Float64Array; readonly variance: Float64Array }

/**
 * One step of the Kalman filter for a linear reading: mean = response · (true weights - weights) + noise. What noise alone would explain is left out, and
 * what earlier epochs made certain moves less: the optimal shrinkage for normal noise, of which James & Stein's is the one without a prior.
 * @param response - How far the mean answer moves per unit of weight; row-major, symmetric.
 * @returns The step, and what is known after it.
 */
export function learn(belief: Belief, response: Float64Array, { mean, variance }: Reading) {
  const { side } = belief
  const precision = belief.precision.slice()
  const right = new Float64Array(side)
  for (let m = 0; m < side; m++) {
    const weight = 1 / variance[m]
    if (!(weight > 0)) continue
    for (let r = 0; r < side; r++) {
      const left = weight * response[m * side + r]
      if (left === 0) continue
      right[r] += left * mean[m]
      for (let c = 0; c < side; c++) precision[r * side + c] += left * response[m * side + c]
    }
  }
  return { step: solve(factorise(precision, side), right), belief: { side, precision } }
}
