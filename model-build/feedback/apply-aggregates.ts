import type { BilinearTerm, FeedbackPart, NoiseLine } from '#contract/feedback/learning'
import { HEAD, type Plan, POSITIONS, type QuestionId } from '#contract/feedback/plan'
import type { Manifest } from '#contract/manifest'
import { surprise } from './belief.ts'
import { gate, implausible, type Refusal } from './gates.ts'
import type { LearningState } from './learning-state.ts'
import { type AggregateSum, readAggregates } from './read-aggregates.ts'
import type { RobustEstimate } from './robust-mean.ts'
import { updatePopularity } from './update-popularity.ts'
import { updatePositions } from './update-positions.ts'
import { readingOf, responseOf, updateWeights, type VectorAnswers } from './update-weights.ts'

/** What of a release learns from reports, and what the build knows of it. */
export type LearningParts = {
  readonly part: FeedbackPart
  /** SHA-256 of the plan, lower-case hex. */
  readonly planHash: string
  readonly linearHead: NonNullable<Manifest['linearHead']>
  readonly bilinear: BilinearTerm
  readonly state: Pick<LearningState, 'belief' | 'curvature' | 'scoreDeviation' | 'popularity'>
  /** false drops what protects from poisoned reports (trimmed mean, gates, trust regions), to measure what it is worth; true when absent. */
  readonly isDefended?: boolean
}

/** Changed parts, null for those that stay, and what to publish about them. */
export type Applied = {
  readonly weights: (Pick<LearningParts, 'linearHead' | 'bilinear'> & Pick<LearningState, 'belief'>) | null
  /** Log moves of the head's items. */
  readonly moved: Float64Array | null
  readonly propensities: readonly number[] | null
  readonly noise: readonly NoiseLine[]
}

/** What each question was answered, and why it may change nothing. */
type Answered = ReadonlyMap<QuestionId, RobustEstimate & { readonly refusal: Refusal }>

/**
 * Updates what reports may update, inside the trust regions.
 * @returns Changes that are all null when no question passed its gate: then the release stays as it is, byte for byte.
 */
export function applyAggregates(parts: LearningParts, sums: readonly AggregateSum[]): Applied {
  const { part, linearHead, bilinear, state, isDefended = true } = parts
  const { epsilon, robust, pooled } = readAggregates(part.plan, parts.planHash, sums)
  const answered = judged(parts, isDefended ? robust : pooled)
  const passed = (id: QuestionId, length: number) => {
    const found = answered.get(id)
    return found?.mean.length === length && found.refusal === null ? found : undefined
  }
  const { featureScale, slope } = part.calibration
  const rank = passed('rank', linearHead.features.length)
  const pair = passed('pair', bilinear.weights.length)
  const head = passed('head', HEAD.cells)
  const pos = passed('pos', 2 * POSITIONS + 1)
  const answers = { rank, pair, clips: clipsOf(part.plan) }
  // What was believed before goes on, so that whoever makes answers implausible does not stop what others taught.
  const goesOn =
    [...answered.values()].some(({ refusal }) => refusal === 'implausible') && state.belief.ahead.some(Boolean)
  const scale = { ...state, slope }
  return {
    weights:
      rank === undefined && pair === undefined && !goesOn
        ? null
        : updateWeights({ linearHead, bilinear, featureScale }, answers, scale, isDefended),
    moved: head === undefined ? null : updatePopularity(state.popularity, head, isDefended),
    propensities: pos === undefined ? null : updatePositions(part.propensities, pos),
    noise: noiseLines(epsilon, answered),
  }
}

/** Whether anything of a release changes. */
export function isChanged({ weights, moved, propensities }: Applied): boolean {
  return weights !== null || moved !== null || propensities !== null
}

function judged(parts: LearningParts, found: ReadonlyMap<QuestionId, RobustEstimate>): Answered {
  const { questions } = parts.part.plan
  const counted = questions.flatMap((question) => {
    const estimate = found.get(question.id)
    if (estimate === undefined) return []
    return [
      [question.id, { ...estimate, refusal: parts.isDefended === false ? null : gate(question, estimate) }] as const,
    ]
  })
  const lies = parts.isDefended === false ? new Set() : implausible(surprisesOf(parts, new Map(counted)))
  return new Map(counted.map(([id, answer]) => [id, lies.has(id) ? { ...answer, refusal: 'implausible' } : answer]))
}

/** How much the vector answers that passed their gates surprise; of others nothing is believed beforehand. */
function surprisesOf(
  { part, linearHead, bilinear, state }: LearningParts,
  answered: Answered,
): Map<QuestionId, number> {
  const heads = linearHead.features.length
  const sizes = { rank: heads, pair: bilinear.weights.length }
  const response = responseOf({ curvature: state.curvature, slope: part.calibration.slope })
  const surprises = new Map<QuestionId, number>()
  for (const id of ['rank', 'pair'] as const) {
    const estimate = answered.get(id)
    if (estimate === undefined || estimate.refusal !== null || estimate.mean.length !== sizes[id]) continue
    const answers = { rank: undefined, pair: undefined, clips: clipsOf(part.plan), [id]: estimate }
    surprises.set(id, surprise(state.belief, response, readingOf(answers, heads, state.belief.side)))
  }
  return surprises
}

function clipsOf({ questions }: Plan): VectorAnswers['clips'] {
  const clip = (id: QuestionId) => questions.find((question) => question.id === id)?.clip ?? 1
  return { rank: clip('rank'), pair: clip('pair') }
}

function noiseLines(epsilon: number, answered: Answered): NoiseLine[] {
  return Array.from(answered, ([question, { standardError, count, refusal }]) => {
    const squares = standardError.reduce((sum, error) => sum + error * error, 0)
    return { question, reports: count, epsilon, standardError: Math.sqrt(squares / standardError.length), refusal }
  })
}
