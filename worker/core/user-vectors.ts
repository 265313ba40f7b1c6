import { RecError } from '#contract/errors'
import type { HistoryItem } from '#contract/features'
import { foldIn, historyWeights } from '#contract/fold-in'
import { type IntegerQuery, integerQuery } from '#contract/vectors'
import type { Model } from './model.ts'

/** The history in the first space, once weighted by recency and once with all items alike; the same where order means nothing. */
export type UserVectors = {
  readonly recent: Float32Array
  readonly recentQuery: IntegerQuery
  readonly uniformQuery: IntegerQuery
}

/** Folds a canonical history in. @throws RecError `model-malformed` */
export function userVectors(model: Model, history: readonly HistoryItem[]): UserVectors {
  const { manifest, catalogue } = model
  const space = manifest.spaces[0]
  const gramian = model.gramians[0]
  if (space === undefined || gramian === undefined || gramian.dim !== catalogue.dim)
    throw new RecError('model-malformed', 'the Gramian does not fit the space', { dim: catalogue.dim })
  const vectors = history.map((item) => item.vector)
  const fold = (ratio: number) => foldIn(space.encoder, gramian, vectors, historyWeights(vectors.length, ratio))
  const ratio = manifest.ordered ? space.encoder.ratio : 1
  const recent = fold(ratio)
  const recentQuery = integerQuery(recent, catalogue.scales)
  const uniformQuery = ratio === 1 ? recentQuery : integerQuery(fold(1), catalogue.scales)
  return { recent, recentQuery, uniformQuery }
}
