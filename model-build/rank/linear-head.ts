import { FEATURE_COUNT, type FeatureName, featureIndex } from '#contract/features'
import { bestStart, climbNdcg } from './climb-ndcg.ts'
import type { TrainingGroup } from './training-group.ts'

/** The part of a score that is a weighted sum of features; it stands in the manifest. */
export type LinearHead = {
  readonly features: readonly number[]
  readonly weights: readonly number[]
  readonly bias: number
}

/** Features that order candidates well on their own; trees correct what a weighted sum cannot say. */
const HEAD_FEATURES: readonly FeatureName[] = [
  'dot.recentZ',
  'dot.uniformZ',
  'voters.recentZ',
  'voters.uniformZ',
  'voters.fastZ',
  'voters.last',
  'sequence.dotZ',
  'similarity.last',
  'similarity.max',
  'similarity.mean',
  'match.category',
  'match.tags',
  'match.tagsLast',
  'item.popularity',
  'item.popularityEarly',
  'item.trending',
  'item.hasEvidence',
]

const STEPS = 80
const RATE = 0.15
const RIDGE = 1e-3

/** Lists that the head is fitted on; its dozen weights do not change with more. */
const MAX_GROUPS = 1_500

/** Starts that need no fit: the user vector's and the votes' standard scores, alike. */
const BLENDS: readonly (readonly FeatureName[])[] = [
  ['dot.uniformZ', 'voters.uniformZ'],
  ['dot.recentZ', 'voters.recentZ'],
]

/**
 * Fits a linear score: the listwise softmax loss (ListNet with binary relevance; Cao et al., ICML 2007) or an even blend of the two
 * channels, whichever has the higher NDCG@20, then coordinate ascent on NDCG@20 itself (Metzler & Croft, Information Retrieval
 * 2007), since the loss looks at whole lists and a visitor at their top. Adam from zero on standardised features, deterministic.
 */
export function fitLinearHead(groups: readonly TrainingGroup[]): LinearHead {
  const useful = groups.filter((group) => group.labels.includes(1))
  const every = Math.ceil(useful.length / MAX_GROUPS)
  const sample = useful.filter((_, g) => g % every === 0)
  const columns = HEAD_FEATURES.map(featureIndex)
  const deviations = columns.map((column) => deviationOf(sample, column))
  const active = columns.filter((_, c) => deviations[c] > 0)
  const scale = deviations.filter((deviation) => deviation > 0)
  const lists = sample.map((group) => standardise(group, active, scale))
  const blends = BLENDS.map((names) => {
    const chosen = names.map(featureIndex)
    return Float64Array.from(active, (column, c) => (chosen.includes(column) ? scale[c] : 0))
  })
  const starts = [descend(lists, active.length), ...blends]
  const weights = climbNdcg(lists, bestStart(lists, starts))
  return { features: active, weights: Array.from(weights, (weight, c) => Math.fround(weight / scale[c])), bias: 0 }
}

/** One list's head features on a common scale, row-major, with the share of relevance of each row. */
export type StandardList = {
  readonly rows: Float32Array
  readonly count: number
  readonly target: Float32Array
  /** Held-out items, found among the candidates or not. */
  readonly relevant: number
}

function standardise(group: TrainingGroup, columns: readonly number[], scale: readonly number[]): StandardList {
  const { count, features, labels } = group
  const rows = new Float32Array(count * columns.length)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  for (let row = 0, at = 0; row < count; row++) {
    for (let c = 0; c < columns.length; c++) rows[at++] = features[row * FEATURE_COUNT + columns[c]] / scale[c]
  }
  return { rows, count, target: Float32Array.from(labels, (label) => label / positives), relevant: group.relevant }
}

function deviationOf(groups: readonly TrainingGroup[], column: number): number {
  let sum = 0
  let squares = 0
  let n = 0
  for (const { features, count } of groups) {
    for (let at = column; at < count * FEATURE_COUNT; at += FEATURE_COUNT) {
      sum += features[at]
      squares += features[at] * features[at]
      n++
    }
  }
  const variance = n === 0 ? 0 : squares / n - (sum / n) ** 2
  return variance > 1e-12 ? Math.sqrt(variance) : 0
}

function descend(lists: readonly StandardList[], width: number): Float64Array {
  const weights = new Float64Array(width)
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (let step = 1; step <= STEPS; step++) {
    const gradient = weights.map((weight) => RIDGE * weight)
    for (const list of lists) addGradient(list, weights, gradient, 1 / lists.length)
    for (let c = 0; c < width; c++) {
      mean[c] = 0.9 * mean[c] + 0.1 * gradient[c]
      square[c] = 0.99 * square[c] + 0.01 * gradient[c] * gradient[c]
      const rate = RATE / (1 + step / 30)
      weights[c] -= (rate * (mean[c] / (1 - 0.9 ** step))) / (Math.sqrt(square[c] / (1 - 0.99 ** step)) + 1e-8)
    }
  }
  return weights
}

function addGradient(
  { rows, count, target }: StandardList,
  weights: Float64Array,
  gradient: Float64Array,
  share: number,
): void {
  const width = weights.length
  const scores = new Float64Array(count)
  let top = Number.NEGATIVE_INFINITY
  for (let row = 0, at = 0; row < count; row++) {
    let sum = 0
    for (let c = 0; c < width; c++) sum += weights[c] * rows[at++]
    scores[row] = sum
    if (sum > top) top = sum
  }
  let total = 0
  for (let row = 0; row < count; row++) {
    scores[row] = Math.exp(scores[row] - top)
    total += scores[row]
  }
  for (let row = 0, at = 0; row < count; row++) {
    const error = share * (scores[row] / total - target[row])
    for (let c = 0; c < width; c++) gradient[c] += error * rows[at++]
  }
}
