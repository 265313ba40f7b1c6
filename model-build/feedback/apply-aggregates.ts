import type { BilinearTerm, FeedbackPart, NoiseLine } from '#contract/feedback/learning'
import { HEAD, type Plan, POSITIONS, type QuestionId } from '#contract/feedback/plan'
import type { Manifest } from '#contract/manifest'
import { gate } from './gates.ts'
import type { LearningState } from './learning-state.ts'
import { type AggregateSum, type Aggregates, readAggregates } from './read-aggregates.ts'
import { updatePopularity } from './update-popularity.ts'
import { updatePositions } from './update-positions.ts'
import { updateWeights } from './update-weights.ts'

/** What of a release learns from reports, and what the build knows of it. */
export type LearningParts = {
  readonly part: FeedbackPart
  /** SHA-256 of the plan, lower-case hex. */
  readonly planHash: string
  readonly linearHead: NonNullable<Manifest['linearHead']>
  readonly bilinear: BilinearTerm
  readonly state: Pick<LearningState, 'belief' | 'curvature' | 'scoreDeviation' | 'popularity'>
}

/** Changed parts, null for those that stay, and what to publish about them. */
export type Applied = {
  readonly weights: (Pick<LearningParts, 'linearHead' | 'bilinear'> & Pick<LearningState, 'belief'>) | null
  /** Log moves of the head's items. */
  readonly moved: Float64Array | null
  readonly propensities: readonly number[] | null
  readonly noise: readonly NoiseLine[]
}

/**
 * Updates what reports may update, inside the trust regions.
 * @returns Changes that are all null when no question passed its gate: then the release stays as it is, byte for byte.
 */
export function applyAggregates(parts: LearningParts, sums: readonly AggregateSum[]): Applied {
  const { part, linearHead, bilinear, state } = parts
  const aggregates = readAggregates(part.plan, parts.planHash, sums)
  const noise = noiseLines(part.plan, aggregates)
  const passed = (id: QuestionId, length: number) => {
    const line = noise.find(({ question }) => question === id)
    const found = line === undefined || line.refusal !== null ? undefined : aggregates.robust.get(id)
    return found?.mean.length === length ? found : undefined
  }
  const clip = (id: QuestionId) => part.plan.questions.find((question) => question.id === id)?.clip ?? 1
  const { featureScale, slope } = part.calibration
  const rank = passed('rank', linearHead.features.length)
  const pair = passed('pair', bilinear.weights.length)
  const head = passed('head', HEAD.cells)
  const pos = passed('pos', 2 * POSITIONS + 1)
  const clips = { rank: clip('rank'), pair: clip('pair') }
  return {
    weights:
      rank === undefined && pair === undefined
        ? null
        : updateWeights({ linearHead, bilinear, featureScale }, { rank, pair, clips }, { ...state, slope }),
    moved: head === undefined ? null : updatePopularity(state.popularity.prior, state.popularity.moved, head),
    propensities: pos === undefined ? null : updatePositions(part.propensities, pos),
    noise,
  }
}

/** Whether anything of a release changes. */
export function isChanged({ weights, moved, propensities }: Applied): boolean {
  return weights !== null || moved !== null || propensities !== null
}

function noiseLines({ questions }: Plan, { epsilon, robust }: Aggregates): NoiseLine[] {
  return questions.flatMap((question) => {
    const found = robust.get(question.id)
    if (found === undefined) return []
    const { standardError, count } = found
    const squares = standardError.reduce((sum, error) => sum + error * error, 0)
    return [
      {
        question: question.id,
        reports: count,
        epsilon,
        standardError: Math.sqrt(squares / standardError.length),
        refusal: gate(question, found),
      },
    ]
  })
}
