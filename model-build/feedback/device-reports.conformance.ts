import { createHash } from 'node:crypto'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { encodePlan, type Plan, type QuestionId } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { Seed } from '#contract/feedback/seeds'
import { addSeed, sumLength } from '#contract/feedback/sums'
import { type Answer, randomise, type Words } from '#worker/core/feedback/randomise'
import type { AggregateSum } from './read-aggregates.ts'

export const PLAN: Plan = samplePlan()
export const PLAN_HASH = createHash('sha256').update(encodePlan(PLAN)).digest('hex')
export const EPOCH = 2_950

/** Words of a stream that a test can repeat. */
export function testWords(seed: number): Words {
  return chachaWords(chachaState([seed, 0xb01d]))
}

/** A report that came with a seed of the sender's choice, from a network in some stripe. */
export type Forged = { readonly seed: Seed; readonly stripe: number }

/** Sums as the edge would keep them: answers through the real randomiser, spread over 16 stripes, and forged reports as they are. */
export function sumsOf(
  id: QuestionId,
  answers: Iterable<Answer>,
  words: Words,
  forged: readonly Forged[] = [],
): AggregateSum[] {
  const question = PLAN.questions.find((known) => known.id === id)
  if (question === undefined) throw new Error(`the plan does not ask ${id}`)
  const shape = { type: question.type, size: question.size, epsilon: PRESETS[PLAN.preset].epsilon }
  const stripes = Array.from({ length: 16 }, () => ({ count: 0, sum: new Float64Array(sumLength(shape)) }))
  const take = (seed: Seed, stripe: number): void => {
    addSeed(shape, seed, stripes[stripe].sum)
    stripes[stripe].count++
  }
  for (const answer of answers) take(randomise(shape, answer, words), words() % 16)
  for (const { seed, stripe } of forged) take(seed, stripe)
  return stripes.map(({ count, sum }, stripe) => ({
    plan: PLAN_HASH,
    epoch: EPOCH,
    qid: question.qid,
    stripe,
    count,
    sum: Array.from(sum),
  }))
}
