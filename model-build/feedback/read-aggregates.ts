import { cellOrder } from '#contract/feedback/head-cells'
import type { Plan, Question, QuestionId } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { sumLength } from '#contract/feedback/sums'
import { type Estimate, estimate } from './estimate.ts'
import { type RobustEstimate, robustMean } from './robust-mean.ts'

/** One sum as the edge hands it out. */
export type AggregateSum = {
  /** SHA-256 of the plan, lower-case hex. */
  readonly plan: string
  readonly epoch: number
  readonly qid: number
  readonly stripe: number
  readonly count: number
  readonly sum: readonly number[]
}

/** What each question of a plan was answered, as far as there are reports. */
export type Aggregates = {
  readonly epsilon: number
  readonly robust: ReadonlyMap<QuestionId, RobustEstimate>
  /** All stripes together: for the canary, whose arms are compared with each other, and to measure what trimming is worth. */
  readonly pooled: ReadonlyMap<QuestionId, Estimate & RobustEstimate>
}

/**
 * Estimates the answers from the sums of one plan, all epochs together; cells of `head` come back in the order of the items.
 * Sums of other plans, or that do not fit the plan's questions, are left out.
 * @param planHash - SHA-256 of the plan, lower-case hex.
 */
export function readAggregates(plan: Plan, planHash: string, sums: readonly AggregateSum[]): Aggregates {
  const { epsilon } = PRESETS[plan.preset]
  const robust = new Map<QuestionId, RobustEstimate>()
  const pooled = new Map<QuestionId, Estimate & RobustEstimate>()
  for (const question of plan.questions) {
    const mine = sums.filter((sum) => sum.plan === planHash && sum.qid === question.qid && fits(question, sum))
    if (mine.length === 0) continue
    const shape = { type: question.type, size: question.size, epsilon }
    const stripes = new Map<number, { count: number; sum: Float64Array }>()
    const whole = { count: 0, sum: new Float64Array(sumLength(question)) }
    for (const part of mine) {
      const stripe = stripes.get(part.stripe) ?? { count: 0, sum: new Float64Array(sumLength(question)) }
      stripes.set(part.stripe, stripe)
      const ordered = inOrder(question, planHash, part)
      for (const total of [stripe, whole]) add(total, part.count, ordered)
    }
    robust.set(question.id, robustMean([...stripes.values()].map(({ count, sum }) => estimate(shape, count, sum))))
    const plain = estimate(shape, whole.count, whole.sum)
    pooled.set(question.id, { ...plain, stripes: stripes.size, standardError: plain.variance.map(Math.sqrt) })
  }
  return { epsilon, robust, pooled }
}

function fits(question: Question, { count, sum }: AggregateSum): boolean {
  return count > 0 && sum.length === sumLength(question) && sum.every(Number.isFinite)
}

/** Takes the epoch's permutation back. */
function inOrder({ id }: Question, planHash: string, { epoch, sum }: AggregateSum): ArrayLike<number> {
  if (id !== 'head') return sum
  return Float64Array.from(cellOrder(planHash, epoch), (place) => sum[place])
}

function add(total: { count: number; sum: Float64Array }, count: number, sum: ArrayLike<number>): void {
  total.count += count
  for (let d = 0; d < total.sum.length; d++) total.sum[d] += sum[d]
}
