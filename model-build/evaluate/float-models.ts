import { FAST_RATIO, type HistoryItem } from '#contract/features'
import { foldIn, historyWeights, type RidgeEncoder } from '#contract/fold-in'
import { computeGramian } from '#contract/gramian'
import { addVote, emptyVotes, type Votes } from '#worker/core/votes'
import type { FittedModels } from '../release/fitted-models.ts'

/** Scores of every item of the dataset for one history, in floating point. */
export type FloatScores = {
  readonly userRecent: Float32Array
  readonly userUniform: Float32Array
  readonly dotRecent: Float32Array
  readonly dotUniform: Float32Array
  readonly votes: Votes
}

/**
 * Scores all items by brute force with the models as trained, before anything was rounded for a device.
 * @returns A function from item indices of a history (latest first, or in any order where order means nothing) to scores; `session` of its latest items belong to the running session.
 */
export function createFloatModels(models: FittedModels): (history: readonly number[], session: number) => FloatScores {
  const { vectors, dim, encoder, ordered, voterRatio } = models
  const gramian = computeGramian(vectors, dim)
  const count = vectors.length / dim
  const inverted = invertVoters(models, count)
  const vectorOf = (item: number) => vectors.subarray(item * dim, (item + 1) * dim)
  const fold = (history: readonly number[], ratio: number) =>
    foldIn(encoder satisfies RidgeEncoder, gramian, history.map(vectorOf), historyWeights(history.length, ratio))
  return (history, session) => {
    const userRecent = fold(history, ordered ? encoder.ratio : 1)
    const userUniform = fold(history, 1)
    return {
      userRecent,
      userUniform,
      dotRecent: innerProducts(vectors, userRecent),
      dotUniform: innerProducts(vectors, userUniform),
      votes: countVotes(inverted, history, { count, ordered, voterRatio, session }),
    }
  }
}

type Inverted = { readonly offsets: Int32Array; readonly target: Int32Array; readonly weight: Float32Array }

function invertVoters({ voters }: FittedModels, count: number): Inverted {
  const offsets = new Int32Array(count + 1)
  for (const source of voters.source) offsets[source + 1]++
  for (let i = 0; i < count; i++) offsets[i + 1] += offsets[i]
  const next = offsets.slice()
  const target = new Int32Array(voters.source.length)
  const weight = new Float32Array(voters.source.length)
  for (let item = 0; item < count; item++) {
    for (let k = voters.offsets[item]; k < voters.offsets[item + 1]; k++) {
      const at = next[voters.source[k]]++
      target[at] = item
      weight[at] = voters.weight[k]
    }
  }
  return { offsets, target, weight }
}

type VoteOptions = {
  readonly count: number
  readonly ordered: boolean
  readonly voterRatio: number
  readonly session: number
}

function countVotes(
  { offsets, target, weight }: Inverted,
  history: readonly number[],
  { count, ordered, voterRatio, session }: VoteOptions,
): FloatScores['votes'] {
  const votes = emptyVotes(count)
  const recent = historyWeights(history.length, ordered ? voterRatio : 1)
  const fast = historyWeights(history.length, ordered ? FAST_RATIO : 1)
  for (let k = 0; k < weight.length; k++) votes.total[target[k]] += Math.max(0, weight[k])
  history.forEach((source, h) => {
    const by = { h, recentWeight: recent[h], fastWeight: fast[h], ordered, inSession: h < session }
    for (let k = offsets[source]; k < offsets[source + 1]; k++) addVote(votes, target[k], weight[k], by)
  })
  return votes
}

function innerProducts(vectors: Float32Array, user: Float32Array): Float32Array {
  const dim = user.length
  const out = new Float32Array(vectors.length / dim)
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let d = 0; d < dim; d++) sum += vectors[i * dim + d] * user[d]
    out[i] = sum
  }
  return out
}

/** A history item with its vector as trained. */
export function withFloatVector(item: HistoryItem, models: FittedModels, index: number): HistoryItem {
  return { ...item, vector: models.vectors.slice(index * models.dim, (index + 1) * models.dim) }
}
