import type { Question } from '#contract/feedback/plan'
import { type Belief, type Reading, surprise } from './belief.ts'
import type { RobustEstimate } from './robust-mean.ts'

/** Stripes that must have reports. */
const LEAST_STRIPES = 12

/** Standard deviations that a reading's surprise may lie above its mean. */
const MOST_SURPRISE = 4

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

/** Judges whether a reading is one that honest devices could have given: a large share of forged reports asks for more than is believed possible. */
export function isPlausible(belief: Belief, response: Float64Array, reading: Reading): boolean {
  const { distance, numbers } = surprise(belief, response, reading)
  return distance <= numbers + MOST_SURPRISE * Math.sqrt(2 * numbers)
}
