import type { Plan, QuestionId } from '#contract/feedback/plan'
import { gate, type Refusal } from './gates.ts'
import { type AggregateSum, type Aggregates, readAggregates } from './read-aggregates.ts'
import { updatePair } from './update-pair.ts'
import { updatePopularity } from './update-popularity.ts'
import { updatePositions } from './update-positions.ts'
import { type RankScale, updateRank } from './update-rank.ts'

/** What of a release learns from reports. A part that is null is not updated. */
export type LearningParts = {
  readonly plan: Plan
  /** SHA-256 of the plan, lower-case hex. */
  readonly planHash: string
  /** The linear head's weights and what they are measured by. */
  readonly rank: (Pick<RankScale, 'featureScale' | 'curvature'> & { readonly weights: readonly number[] }) | null
  /** W of the bilinear term, d x d row-major, and the step per unit of its moment. */
  readonly pair: { readonly weights: Float64Array; readonly rate: number } | null
  /** Expected click share of each head item, and how far its logarithm was moved before. */
  readonly popularity: { readonly prior: Float64Array; readonly moved: Float64Array } | null
  readonly propensities: readonly number[]
  readonly treeDeviation: number
}

/** One line of what a release says about its reports. */
export type NoiseLine = {
  readonly question: QuestionId
  readonly reports: number
  /** Of one report; a device sends as many as its preset allows in 28 days. */
  readonly epsilon: number
  /** Root mean square over the question's numbers. */
  readonly standardError: number
  readonly refusal: Refusal
}

/** New parts, and what to publish about them. */
export type Applied = {
  readonly weights: readonly number[] | null
  readonly pair: Float64Array | null
  readonly moved: Float64Array | null
  readonly propensities: readonly number[] | null
  readonly noise: readonly NoiseLine[]
}

/**
 * Updates what reports may update, inside the trust regions.
 * @returns null when no question passed its gate: then the release stays as it is, byte for byte.
 */
export function applyAggregates(parts: LearningParts, sums: readonly AggregateSum[]): Applied | null {
  const aggregates = readAggregates(parts.plan, parts.planHash, sums)
  const noise = noiseLines(parts.plan, aggregates)
  const passed = (id: QuestionId) => {
    const line = noise.find(({ question }) => question === id)
    return line === undefined || line.refusal !== null ? undefined : aggregates.robust.get(id)
  }
  const [rank, pair, head, pos] = [passed('rank'), passed('pair'), passed('head'), passed('pos')]
  const clip = parts.plan.questions.find(({ id }) => id === 'rank')?.clip ?? 1
  const { treeDeviation } = parts
  const applied: Applied = {
    weights:
      rank === undefined || parts.rank === null || rank.mean.length !== parts.rank.weights.length
        ? null
        : updateRank(parts.rank.weights, rank, { ...parts.rank, clip, treeDeviation }),
    pair:
      pair === undefined || parts.pair === null || pair.mean.length !== parts.pair.weights.length
        ? null
        : updatePair(parts.pair.weights, pair, { rate: parts.pair.rate, treeDeviation }),
    moved:
      head === undefined || parts.popularity === null
        ? null
        : updatePopularity(parts.popularity.prior, parts.popularity.moved, head),
    propensities: pos === undefined ? null : updatePositions(parts.propensities, pos),
    noise,
  }
  const isChanged =
    applied.weights !== null || applied.pair !== null || applied.moved !== null || applied.propensities !== null
  return isChanged ? applied : null
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
