import type { Question } from '#contract/feedback/plan'
import type { RobustEstimate } from './robust-mean.ts'

/** Stripes that must have reports. */
const LEAST_STRIPES = 12

/** Standard deviations that an answer may surprise by; and that another may beside one that does by more. */
const MOST_SURPRISE = 4
const MOST_BESIDE_LIES = 1

/** Why a question changes nothing; null when it may. */
export type Refusal = 'too-few-reports' | 'too-few-stripes' | 'implausible' | null

/** Reports that a question needs before it may change anything; below, the release stays as it is. */
export function leastReports({ id, size }: Pick<Question, 'id' | 'size'>): number {
  if (id === 'rank') return 1_000
  if (id === 'pair') return 20 * size
  return id === 'head' ? 5_000 : 500
}

/** Judges whether a question's reports may change a release. */
export function gate(
  question: Pick<Question, 'id' | 'size'>,
  { count, stripes }: Pick<RobustEstimate, 'count' | 'stripes'>,
): Refusal {
  if (count < leastReports(question)) return 'too-few-reports'
  return stripes < LEAST_STRIPES ? 'too-few-stripes' : null
}

/**
 * Which answers are ones that honest devices could have given: a large share of forged reports asks for more than is believed possible. Whoever lies to one question
 * may lie to the other, so that beside one that is refused only what hardly surprises is believed.
 * @param surprises - Of answers that are read together; see `surprise`.
 * @returns Those to refuse.
 */
export function implausible<Id>(surprises: ReadonlyMap<Id, number>): ReadonlySet<Id> {
  const above = (most: number) => new Set([...surprises].filter(([, value]) => value > most).map(([id]) => id))
  return above(MOST_SURPRISE).size > 0 ? above(MOST_BESIDE_LIES) : new Set()
}
