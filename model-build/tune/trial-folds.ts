import type { Interactions } from '../dataset.ts'
import { type SparseRows, toSparseRows } from '../train/interaction-matrix.ts'
import { holdOutUsers, type ValidationOptions, type ValidationUsers } from '../train/validation-users.ts'
import { type VoterMethod, voterRows } from '../train/voters.ts'

/** What is shown of held-out users and what is asked for. */
export type JudgingUsers = Pick<ValidationUsers, 'histories' | 'truths'>

/** Held-out users with the rows of the others, as each channel learns from them. */
export type TrialFold = {
  readonly users: JudgingUsers
  readonly byUser: SparseRows
  readonly voterRows: SparseRows
}

/** Folds whose users judge the trials of a search. */
export const SEARCH_FOLDS: readonly number[] = [0, 1, 2]

/** Folds of other users, who judge a search's winner. */
export const FRESH_FOLDS: readonly number[] = [3, 4]

/** Trials on fewer rows tell little of trials on all. */
const MIN_ROWS = 50_000

/** Makes folds when they are asked for, once each; `share` of `maxTrainRows` (or of the log, where it is smaller) is trained on. */
export function createTrialFolds(
  log: Interactions,
  options: Omit<ValidationOptions, 'fold'> & { readonly maxTrainRows: number; readonly method: VoterMethod },
): (fold: number, share: number) => TrialFold {
  const rows = Math.min(options.maxTrainRows, log.item.length)
  return once((fold, share) => {
    const maxTrainRows = Math.min(rows, Math.max(MIN_ROWS, Math.ceil(rows * share)))
    const { log: known, trainUsers, histories, truths } = holdOutUsers(log, { ...options, maxTrainRows, fold })
    const userSubset = trainUsers
    return {
      users: { histories, truths },
      byUser: toSparseRows(known, { userSubset }),
      voterRows: voterRows(known, { userSubset, method: options.method }),
    }
  })
}

/** Makes something of each fold and share once. */
export function once<T>(make: (fold: number, share: number) => T): (fold: number, share: number) => T {
  const made = new Map<string, T>()
  return (fold, share) => {
    const key = `${fold} ${share}`
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(fold, share)
    made.set(key, fresh)
    return fresh
  }
}
