import { createRandom } from '../train/random.ts'

export type Interval = { readonly value: number; readonly low: number; readonly high: number }

const SMALLEST = 1e-7

/** Mean log loss of log-odds (natural logarithm). */
export function logLossOfLogOdds(scores: Float32Array, labels: ArrayLike<number>): number {
  let sum = 0
  for (let r = 0; r < scores.length; r++) {
    const x = scores[r]
    sum += Math.max(x, 0) - x * labels[r] + Math.log1p(Math.exp(-Math.abs(x)))
  }
  return sum / scores.length
}

/** Mean log loss of probabilities, which are kept 1e-7 off 0 and 1. NaN for no rows. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0
  for (let r = 0; r < probabilities.length; r++) {
    const p = Math.min(1 - SMALLEST, Math.max(SMALLEST, probabilities[r]))
    sum -= Math.log(labels[r] === 1 ? p : 1 - p)
  }
  return sum / probabilities.length
}

/** Area under the ROC curve: the chance that a row with label 1 scores above one with label 0, ties counting half. NaN with one label only. */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return weightedAuc(scores, labels, descending(scores), () => 1)
}

function descending(scores: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, r) => r).sort((a, b) => scores[b] - scores[a])
}

function weightedAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  order: Int32Array,
  weight: (row: number) => number,
): number {
  let [clicks, rest, pairs] = [0, 0, 0]
  for (let k = 0; k < order.length; ) {
    let [tiedClicks, tiedRest] = [0, 0]
    const score = scores[order[k]]
    for (; k < order.length && scores[order[k]] === score; k++) {
      if (labels[order[k]] === 1) tiedClicks += weight(order[k])
      else tiedRest += weight(order[k])
    }
    pairs += tiedRest * (clicks + tiedClicks / 2)
    clicks += tiedClicks
    rest += tiedRest
  }
  return pairs / (clicks * rest)
}

/** AUC and log loss with 95 % percentile bootstrap intervals over rows. */
export function clickMetrics(
  probabilities: Float64Array,
  labels: Uint8Array,
  options: { readonly seed: number; readonly resamples?: number },
): { readonly auc: Interval; readonly logLoss: Interval } {
  const resamples = options.resamples ?? 200
  const random = createRandom(options.seed)
  const order = descending(probabilities)
  const losses = Float64Array.from(probabilities, (p, r) => logLoss([p], [labels[r]]))
  const draws = new Uint16Array(labels.length)
  const [areas, means] = [new Float64Array(resamples), new Float64Array(resamples)]
  for (let sample = 0; sample < resamples; sample++) {
    draws.fill(0)
    for (let k = 0; k < draws.length; k++) draws[Math.floor(random() * draws.length)]++
    areas[sample] = weightedAuc(probabilities, labels, order, (row) => draws[row])
    means[sample] = losses.reduce((sum, loss, row) => sum + loss * draws[row], 0) / draws.length
  }
  return { auc: interval(auc(probabilities, labels), areas), logLoss: interval(logLoss(probabilities, labels), means) }
}

function interval(value: number, samples: Float64Array): Interval {
  const sorted = samples.filter((sample) => !Number.isNaN(sample)).sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return { value, low: at(0.025), high: at(0.975) }
}

/** A group of rows with similar probabilities: what was foretold on average and what came. */
export type ReliabilityBin = { readonly rows: number; readonly foretold: number; readonly observed: number }

/** Rows in ten groups of equal size by rising probability; a calibrated model has `observed` near `foretold` in each. */
export function reliability(probabilities: ArrayLike<number>, labels: ArrayLike<number>): ReliabilityBin[] {
  const order = descending(probabilities).reverse()
  return Array.from({ length: 10 }, (_, bin) => {
    const rows = order.subarray(Math.floor((bin * order.length) / 10), Math.floor(((bin + 1) * order.length) / 10))
    const mean = (of: ArrayLike<number>) => rows.reduce((sum, row) => sum + of[row], 0) / rows.length
    return { rows: rows.length, foretold: mean(probabilities), observed: mean(labels) }
  }).filter(({ rows }) => rows > 0)
}
