import { FEATURE_COUNT, featureIndex, NO_RANK } from '#contract/features'
import type { CandidateSet } from './candidates.ts'

/** Scores without a ranker: standardised user-vector score plus standardised votes; popularity for a visitor without history. */
export function blendScores({ inputs }: Pick<CandidateSet, 'inputs'>, rows: Float32Array): Float32Array {
  const blend = featureIndex('blend.recentZ')
  return Float32Array.from({ length: inputs.count }, (_, i) =>
    inputs.history.length > 0
      ? rows[i * FEATURE_COUNT + blend]
      : inputs.popularity[i] + (NO_RANK - inputs.rankPopular[i]) / NO_RANK,
  )
}

/** What votes and cosine weigh in a list about items. Bought together goes by votes, with likeness to break ties. */
const CONTEXT_WEIGHTS = {
  similar: { votes: 1, cosine: 1 },
  'because-you': { votes: 1, cosine: 1 },
  'bought-together': { votes: 1, cosine: 0.1 },
} as const

/** Scores of a list about items: share of the most votes that the items cast, and cosine with the first of them. */
export function contextScores(
  { inputs }: CandidateSet,
  rows: Float32Array,
  scene: keyof typeof CONTEXT_WEIGHTS,
): Float32Array {
  const weights = CONTEXT_WEIGHTS[scene]
  const cosine = featureIndex('similarity.context')
  let most = 0
  for (const votes of inputs.voterContext) if (votes > most) most = votes
  return Float32Array.from(inputs.voterContext, (votes, i) => {
    const share = most > 0 ? votes / most : 0
    return weights.votes * share + weights.cosine * rows[i * FEATURE_COUNT + cosine]
  })
}

/** Scores that keep the order candidates stand in: n, n - 1, … 1, divided by n. */
export function listScores(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (count - i) / count)
}
