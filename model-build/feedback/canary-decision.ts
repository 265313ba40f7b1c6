import type { Estimate } from './estimate.ts'

/** What becomes of a canary: `wait` for more answers, `hold` for the operator to decide. */
export type CanaryDecision = 'promote' | 'rollback' | 'wait' | 'hold'

/** Answers per arm that tell a drop of 4 points from 40 % with four chances in five. */
const LEAST: Readonly<Record<number, number>> = { 1: 9_000, 2: 3_300, 4: 2_000 }

/** A drop of session clicks that a promotion must rule out. */
const DROP = 0.04

/** One-sided 95 %. */
const SIGNIFICANT = 1.645

const MOST_EPOCHS = 4

/**
 * Judges a canary by the share of sessions with a click, from the private answers of both arms. A significant drop rolls back at once; promotion
 * needs enough answers and a drop of 4 points ruled out; what is undecided after four epochs is held.
 */
export function decideCanary(
  main: Estimate,
  canary: Estimate,
  { epsilon, epochs }: { readonly epsilon: number; readonly epochs: number },
): { readonly decision: CanaryDecision; readonly difference: number; readonly standardError: number } {
  const difference = canary.mean[0] - main.mean[0]
  const standardError = Math.sqrt(canary.variance[0] + main.variance[0])
  const least = LEAST[epsilon] ?? Number.POSITIVE_INFINITY
  const isEnough = Math.min(main.count, canary.count) >= least
  const margin = SIGNIFICANT * standardError
  const undecided = epochs >= MOST_EPOCHS ? 'hold' : 'wait'
  if (Math.min(main.count, canary.count) < 500) return { decision: undecided, difference, standardError }
  if (difference + margin < 0) return { decision: 'rollback', difference, standardError }
  if (isEnough && difference - margin > -DROP) return { decision: 'promote', difference, standardError }
  return { decision: undecided, difference, standardError }
}
