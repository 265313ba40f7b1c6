import { factorise, solve } from './cholesky.ts'

type Shrinkages = readonly [head: number, term: number]

/** What is known of the learnt weights, told as their difference from those that the release started with. */
export type Belief = {
  readonly side: number
  /** Before any report the weights are believed to lie within these deviations of the start. */
  readonly deviations: Float64Array
  /** Weights of the first part, the linear head; the others are the bilinear term's. */
  readonly heads: number
  /** How much smaller than believed the deviations of both parts proved to be, 0…1. */
  readonly shrinkages: Shrinkages
  /** What all readings said so far: response' · noise^-1 · response, row-major, symmetric, and response' · noise^-1 · reading. */
  readonly information: Float64Array
  readonly evidence: Float64Array
  /** How far the release has moved from its start. */
  readonly moved: Float64Array
  /** How far the release, which only moves within trust regions, is behind what is believed. */
  readonly ahead: Float64Array
}

/** What is believed before any report. */
export function firstBelief(deviations: Float64Array, heads: number): Belief {
  const side = deviations.length
  const zeros = () => new Float64Array(side)
  const information = new Float64Array(side * side)
  const shrinkages: Shrinkages = [1, 1]
  return { side, deviations, heads, shrinkages, information, evidence: zeros(), moved: zeros(), ahead: zeros() }
}

/** Mean answers of one epoch as they were estimated; coordinates that no question told of have an infinite variance. */
export type Reading = { readonly mean: Float64Array; readonly variance: Float64Array }

/** How far the believed deviations of a part may turn out too large. They never grow: whoever forges reports would choose how far to be believed. */
const SHRINKAGES = [1, 1 / 2, 1 / 4, 1 / 8]

/**
 * One step of the Kalman filter for a linear reading: mean = response · (true weights - weights) + noise, in the form that adds up information. What noise alone
 * would explain is left out. How widely weights lie about the start is itself taken from the readings, part by part: the shrinkage under which all of
 * them are likeliest (empirical Bayes, Efron & Morris 1973, of which James & Stein's factor is the simplest case).
 * @param response - How far the mean answer moves per unit of weight; row-major, symmetric.
 * @returns What is known after it; `ahead` is the step to take.
 */
export function learn(belief: Belief, response: Float64Array, { mean, variance }: Reading): Belief {
  const { side, moved } = belief
  const information = belief.information.slice()
  const evidence = belief.evidence.slice()
  for (let m = 0; m < side; m++) {
    const weight = 1 / variance[m]
    if (!(weight > 0)) continue
    const told = mean[m] + along(response, m, moved)
    for (let r = 0; r < side; r++) {
      const left = weight * response[m * side + r]
      if (left === 0) continue
      evidence[r] += left * told
      for (let c = 0; c < side; c++) information[r * side + c] += left * response[m * side + c]
    }
  }
  const learnt = { ...belief, information, evidence }
  const likeliest = SHRINKAGES.flatMap((head) => SHRINKAGES.map((term) => explain(learnt, [head, term]))).reduce(
    (best, other) => (other.likelihood > best.likelihood ? other : best),
  )
  const { weights, shrinkages } = likeliest
  return { ...learnt, shrinkages, ahead: weights.map((value, k) => value - moved[k]) }
}

/** The believed weights with deviations shrunk part by part, and the logarithm of how likely all readings are then, but for a constant. */
function explain(belief: Belief, shrinkages: Shrinkages) {
  const { side, evidence } = belief
  const shrunk = shrink(belief, shrinkages)
  const lower = factorise(precisionOf(belief, shrinkages), side)
  const weights = solve(lower, evidence)
  let likelihood = 0
  for (let k = 0; k < side; k++)
    likelihood += (evidence[k] * weights[k]) / 2 - Math.log(lower[k * side + k] * shrunk[k])
  return { weights, shrinkages, likelihood }
}

/** Inverse of the covariance of the weights as they are believed under these shrinkages; new, row-major, symmetric. */
export function precisionOf(belief: Belief, shrinkages: Shrinkages): Float64Array {
  const precision = belief.information.slice()
  shrink(belief, shrinkages).forEach((deviation, k) => {
    precision[k * belief.side + k] += 1 / deviation ** 2
  })
  return precision
}

function shrink({ deviations, heads }: Belief, [head, term]: Shrinkages): Float64Array {
  return deviations.map((deviation, k) => deviation * (k < heads ? head : term))
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
  const lower = factorise(precisionOf(belief, [1, 1]), side)
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
function newsOf({ ahead }: Belief, response: Float64Array, mean: Float64Array): Float64Array {
  return mean.map((value, m) => value - along(response, m, ahead))
}

/** Row m of a response times weights. */
function along(response: Float64Array, m: number, weights: Float64Array): number {
  const side = weights.length
  let sum = 0
  for (let k = 0; k < side; k++) sum += response[m * side + k] * weights[k]
  return sum
}
