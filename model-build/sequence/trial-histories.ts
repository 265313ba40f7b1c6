import type { Interactions } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { holdOutUsers, type ValidationUsers, type Visitors } from '../train/validation-users.ts'
import type { Histories } from './batches.ts'
import { evidenceOf, historiesOf } from './fit-sequence.ts'

/** How a space beside the first is tried. */
export type TrialOptions = {
  readonly seed: number
  readonly visitors: Visitors
  readonly pool: KernelPool
  /** Items with fewer users take no part, or have content alone. */
  readonly minSupport: number
  readonly onShare?: (share: number) => void
}

/** What a log may be looked at in trials. */
export type TrialSample = {
  /** Users that judge. */
  readonly maxUsers: number
  /** Rows that settings are tried on, and rows read in all epochs of one trial. */
  readonly rows: number
  readonly work: number
}

/** Fewer users tell nothing. */
const LEAST_USERS = 20

/** Users held out, and the histories of the others to learn from; null where too few users have enough. */
export function trialHistories(
  log: Interactions,
  { seed, visitors, minSupport }: TrialOptions,
  { maxUsers, rows }: Pick<TrialSample, 'maxUsers' | 'rows'>,
): { readonly held: ValidationUsers; readonly histories: Histories } | null {
  const order = log.order === 'none' ? 'ignore' : 'use'
  const held = holdOutUsers(log, { seed, order, visitors, maxUsers, maxTrainRows: rows })
  if (held.histories.length < LEAST_USERS) return null
  return { held, histories: historiesOf(held.log, evidenceOf(held.log, minSupport), held.trainUsers) }
}
