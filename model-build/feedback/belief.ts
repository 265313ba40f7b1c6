import { factorise, solve } from './cholesky.ts'

/** What is known of the learnt weights: they are normal about those of the release plus `ahead`, with this precision; row-major, symmetric. */
export type Belief = {
  readonly side: number
  readonly precision: Float64Array
  /** How far the release, which only moves within trust regions, is behind what is believed. */
  readonly ahead: Float64Array
}

/** Weights are believed to lie within these deviations of a release's, before any report. */
export function firstBelief(deviations: Float64Array): Belief {
  const side = deviations.length
  const precision = new Float64Array(side * side)
  for (let k = 0; k < side; k++) precision[k * side + k] = 1 / deviations[k] ** 2
  return { side, precision, ahead: new Float64Array(side) }
}

/** Mean answers of one epoch as they were estimated; coordinates that no question told of have an infinite variance. */
export type Reading = { readonly mean: Float64Array; readonly variance: Float64Array }

/**
 * One step of the Kalman filter for a linear reading: mean = response · (true weights - weights) + noise. What noise alone would explain is left out, and
 * what earlier epochs made certain moves less: the optimal shrinkage for normal noise, of which James & Stein's is the one without a prior.
 * @param response - How far the mean answer moves per unit of weight; row-major, symmetric.
 * @returns What is known after it; `ahead` is the step to take.
 */
export function learn(belief: Belief, response: Float64Array, { mean, variance }: Reading): Belief {
  const { side } = belief
  const precision = belief.precision.slice()
  const right = new Float64Array(side)
  const news = newsOf(belief, response, mean)
  for (let m = 0; m < side; m++) {
    const weight = 1 / variance[m]
    if (!(weight > 0)) continue
    for (let r = 0; r < side; r++) {
      const left = weight * response[m * side + r]
      if (left === 0) continue
      right[r] += left * news[m]
      for (let c = 0; c < side; c++) precision[r * side + c] += left * response[m * side + c]
    }
  }
  const moved = solve(factorise(precision, side), right)
  return { side, precision, ahead: belief.ahead.map((value, k) => value + moved[k]) }
}

/**
 * How far a reading lies from what the belief expects, given what belief and noise let it vary by: its squared distance is chi-squared when all is as believed.
 * @returns Standard deviations of the squared distance above its mean.
 */
export function surprise(belief: Belief, response: Float64Array, { mean, variance }: Reading): number {
  const { side } = belief
  const news = newsOf(belief, response, mean)
  const told = Array.from(variance.keys()).filter((m) => Number.isFinite(variance[m]))
  const numbers = told.length
  const lower = factorise(belief.precision, side)
  const spread = new Float64Array(numbers * numbers)
  told.forEach((m, i) => {
    const column = solve(lower, response.slice(m * side, (m + 1) * side))
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? variance[m] : 0
      for (let k = 0; k < side; k++) sum += response[told[j] * side + k] * column[k]
      spread[i * numbers + j] = sum
    }
  })
  const seen = Float64Array.from(told, (m) => news[m])
  const solved = solve(factorise(spread, numbers), seen)
  const distance = seen.reduce((sum, value, i) => sum + value * solved[i], 0)
  return (distance - numbers) / Math.sqrt(2 * numbers)
}

/** What a reading says beyond what the belief expects of it. */
function newsOf({ side, ahead }: Belief, response: Float64Array, mean: Float64Array): Float64Array {
  return mean.map((value, m) => {
    let expected = 0
    for (let k = 0; k < side; k++) expected += response[m * side + k] * ahead[k]
    return value - expected
  })
}
