import { FEATURE_COUNT } from '#contract/features'
import type { BilinearTerm } from '#contract/feedback/learning'
import { fillFeatures } from '#contract/fill-features'
import { contextOf, project } from '#worker/core/bilinear'
import { type CandidateSet, findCandidates, type Query } from '#worker/core/candidates'
import { softmax } from '#worker/core/feedback/lesson'
import type { Model } from '#worker/core/model'
import type { Ranker } from '#worker/core/ranker'
import { addLearnt } from '#worker/core/recommend'

/** A ranked list of the site's own log. */
export type RankedList = { readonly set: CandidateSet; readonly features: Float32Array; readonly scores: Float32Array }

/** Ranks the candidates of some queries as a device would, before rules. */
export async function* rankLists(model: Model, ranker: Ranker, queries: Iterable<Query>): AsyncGenerator<RankedList> {
  for (const query of queries) {
    const set = findCandidates(model, query)
    if (set.inputs.count < 2 || set.inputs.history.length === 0) continue
    const features = fillFeatures(set.inputs)
    const scores = await ranker.score(features, set.inputs.count)
    addLearnt(model, set, features, scores)
    yield { set, features, scores }
  }
}

/** Columns that differ between the candidates of a list, with their standard deviation within lists. */
export type Spread = {
  readonly columns: readonly number[]
  readonly deviations: readonly number[]
  readonly scoreDeviation: number
}

/** How features and scores spread within lists. */
export function spreadOf(lists: readonly RankedList[]): Spread {
  const variance = new Float64Array(FEATURE_COUNT)
  let scoreVariance = 0
  for (const { features, scores } of lists) {
    for (let column = 0; column < FEATURE_COUNT; column++)
      variance[column] += varianceOf(scores.length, (i) => features[i * FEATURE_COUNT + column]) / lists.length
    scoreVariance += varianceOf(scores.length, (i) => scores[i]) / lists.length
  }
  const columns = Array.from(variance.keys()).filter((column) => variance[column] > 1e-9)
  const deviations = columns.map((column) => Math.fround(Math.sqrt(variance[column])))
  return { columns, deviations, scoreDeviation: Math.sqrt(scoreVariance) }
}

/** Mean square distance of some values from their mean. */
export function varianceOf(count: number, value: (i: number) => number): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < count; i++) {
    sum += value(i)
    squares += value(i) * value(i)
  }
  return Math.max(0, squares / count - (sum / count) ** 2)
}

export type CurvatureParts = {
  readonly columns: readonly number[]
  readonly featureScale: readonly number[]
  readonly bilinear: BilinearTerm
  readonly slope: number
}

/**
 * Mean covariance, under the softmax of a list's scores, of what a candidate has in the head's features (divided by their scale) and in
 * outer(context, projection): how far the devices' mean answers move per unit of weight, times the slope.
 * @returns Row-major, symmetric, of side F + d².
 */
export function curvatureOf(lists: readonly RankedList[], parts: CurvatureParts): Float64Array {
  const { columns, bilinear } = parts
  const side = columns.length + bilinear.dim ** 2
  const total = new Float64Array(side * side)
  for (const list of lists) addList(total, list, parts, 1 / lists.length)
  return total
}

function addList(
  total: Float64Array,
  { set, features, scores }: RankedList,
  parts: CurvatureParts,
  share: number,
): void {
  const { columns, featureScale, bilinear, slope } = parts
  const context = contextOf(
    bilinear,
    set.inputs.history.map(({ vector }) => vector),
  )
  const width = columns.length + bilinear.dim
  const chances = softmax(scores, slope)
  const mean = new Float64Array(width)
  const rows = scores.length
  const values = new Float64Array(rows * width)
  for (let i = 0; i < rows; i++) {
    const row = values.subarray(i * width, (i + 1) * width)
    columns.forEach((column, k) => {
      row[k] = featureScale[k] > 0 ? features[i * FEATURE_COUNT + column] / featureScale[k] : 0
    })
    row.set(
      project(bilinear, set.inputs.vectors.subarray(i * set.inputs.dim, (i + 1) * set.inputs.dim)),
      columns.length,
    )
    for (let k = 0; k < width; k++) mean[k] += chances[i] * row[k]
  }
  const covariance = new Float64Array(width * width)
  for (let i = 0; i < rows; i++)
    for (let r = 0; r < width; r++) {
      const left = chances[i] * (values[i * width + r] - mean[r])
      if (left !== 0)
        for (let c = 0; c < width; c++) covariance[r * width + c] += left * (values[i * width + c] - mean[c])
    }
  spread(total, covariance, { context, heads: columns.length, share })
}

/** Coordinates of a block: the head's as they are, those of outer(context, y) by context. */
function spread(
  total: Float64Array,
  covariance: Float64Array,
  { context, heads, share }: { readonly context: Float64Array; readonly heads: number; readonly share: number },
): void {
  const dim = context.length
  const width = heads + dim
  const side = heads + dim * dim
  const place = (k: number): readonly [number, number] =>
    k < heads ? [k, 1] : [heads + ((k - heads) % dim), context[Math.floor((k - heads) / dim)]]
  for (let r = 0; r < side; r++) {
    const [from, left] = place(r)
    for (let c = 0; c < side; c++) {
      const [to, right] = place(c)
      total[r * side + c] += share * left * right * covariance[from * width + to]
    }
  }
}
