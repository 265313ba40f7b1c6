import { bootstrapInterval, type Interval } from '../evaluate/bootstrap.ts'

/** A tuned setting beside the present one on users that the search has not seen: mean NDCG@20 of each, and the difference user by user. */
export type Duel = {
  readonly users: number
  readonly present: number
  readonly tuned: number
  /** Mean difference with its bootstrap interval over users, see `CONFIDENCE`. */
  readonly difference: Interval
  readonly isWon: boolean
}

/** Of the interval that must lie above 0: one setting in ten that is no better passes by chance. */
export const CONFIDENCE = 0.8

/** Fewer users tell nothing. */
export const MIN_USERS = 20

/**
 * Judges the winner of a search once more: what was the best of many is judged too well by the users who chose it.
 * @param present - One value per user.
 * @param tuned - The same users in the same order.
 */
export function fightDuel(present: Float64Array, tuned: Float64Array, seed: number): Duel {
  const difference = bootstrapInterval(
    tuned.map((value, user) => value - present[user]),
    { confidence: CONFIDENCE, seed },
  )
  const isWon = present.length >= MIN_USERS && difference.low > 0
  return { users: present.length, present: meanOf(present), tuned: meanOf(tuned), difference, isWon }
}

/** Mean of the values, 0 of none. */
export function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
