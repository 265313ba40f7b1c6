import { FEATURE_COUNT, type FeatureName, featureIndex } from '#contract/features'
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
  'similarity.last',
  'similarity.max',
  'similarity.mean',
  'match.category',
  'match.tags',
  'match.tagsLast',
  'item.popularity',
  'item.trending',
  'item.hasEvidence',
]

const STEPS = 150
const RATE = 0.1
const RIDGE = 1e-3

/**
 * Fits a linear score by the listwise softmax loss (ListNet with binary relevance; Cao et al., ICML 2007): for each history
 * the mean of -log softmax(score) over its held-out candidates. Convex; Adam from zero on standardised features, deterministic.
 */
export function fitLinearHead(groups: readonly TrainingGroup[]): LinearHead {
  const columns = HEAD_FEATURES.map(featureIndex)
  const useful = groups.filter((group) => group.labels.includes(1))
  const deviations = columnDeviations(useful, columns)
  const active = columns.filter((_, c) => deviations[c] > 0)
  const scale = deviations.filter((deviation) => deviation > 0)
  const weights = descend(useful, active, scale)
  return { features: active, weights: weights.map((weight, c) => Math.fround(weight / scale[c])), bias: 0 }
}

function columnDeviations(groups: readonly TrainingGroup[], columns: readonly number[]): number[] {
  return columns.map((column) => {
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
  })
}

function descend(groups: readonly TrainingGroup[], columns: readonly number[], scale: readonly number[]): number[] {
  const weights = columns.map(() => 0)
  const mean = columns.map(() => 0)
  const square = columns.map(() => 0)
  for (let step = 1; step <= STEPS; step++) {
    const gradient = weights.map((weight) => RIDGE * weight)
    for (const group of groups) addGradient(group, columns, scale, { weights, gradient, share: 1 / groups.length })
    for (let c = 0; c < weights.length; c++) {
      mean[c] = 0.9 * mean[c] + 0.1 * gradient[c]
      square[c] = 0.99 * square[c] + 0.01 * gradient[c] * gradient[c]
      const rate = RATE / (1 + step / 50)
      weights[c] -= (rate * (mean[c] / (1 - 0.9 ** step))) / (Math.sqrt(square[c] / (1 - 0.99 ** step)) + 1e-8)
    }
  }
  return weights
}

type Fit = { readonly weights: readonly number[]; readonly gradient: number[]; readonly share: number }

function addGradient(
  group: TrainingGroup,
  columns: readonly number[],
  scale: readonly number[],
  { weights, gradient, share }: Fit,
): void {
  const { count, features, labels } = group
  const scores = new Float64Array(count)
  let top = Number.NEGATIVE_INFINITY
  let positives = 0
  for (let row = 0; row < count; row++) {
    for (let c = 0; c < columns.length; c++)
      scores[row] += (weights[c] * features[row * FEATURE_COUNT + columns[c]]) / scale[c]
    top = Math.max(top, scores[row])
    positives += labels[row]
  }
  let total = 0
  for (let row = 0; row < count; row++) {
    scores[row] = Math.exp(scores[row] - top)
    total += scores[row]
  }
  for (let row = 0; row < count; row++) {
    const error = scores[row] / total - labels[row] / positives
    for (let c = 0; c < columns.length; c++)
      gradient[c] += (share * error * features[row * FEATURE_COUNT + columns[c]]) / scale[c]
  }
}
