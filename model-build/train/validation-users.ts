import type { Interactions } from '../dataset.ts'
import { withoutRows } from './log-rows.ts'
import { createRandom, shuffle } from './random.ts'

/**
 * Who will be asked for: people whose other rows the models have learnt from (`known`, as when each user's newest rows are held out), or people nobody
 * trained on (`new`, strong generalisation). It matters: a vector that has learnt from a history scores that history's items too well, the more so
 * the fewer the users, and wants a larger ridge.
 */
export type Visitors = 'new' | 'known'

export type ValidationOptions = {
  readonly seed: number
  /** Users to hold out at most, default 1,000; never more than a fifth. */
  readonly maxUsers?: number | undefined
  /** Interactions to train on at most; whole users are left out beyond it. */
  readonly maxTrainRows?: number
  /** 'use' holds out the latest fifth of a history, 'ignore' a random fifth. */
  readonly order: 'use' | 'ignore'
  /** Whether the shown part of held-out users is trained on; 'new' by default. */
  readonly visitors?: Visitors | undefined
  /** Which users are held out: fold k takes those that folds 0 … k-1 do not; 0 by default, at most 4. */
  readonly fold?: number
}

/** Users to train on, and held-out users with distinct items split into what is shown (oldest first) and what is asked for. */
export type ValidationUsers = {
  /** The log without what is asked of users that are trained on. */
  readonly log: Interactions
  readonly trainUsers: Int32Array
  readonly histories: readonly Int32Array[]
  readonly truths: readonly Int32Array[]
}

const MAX_VALIDATION_USERS = 1_000

const MAX_FOLDS = 5

/** Rows that a user is asked about with, where most users have as many. */
const MOST_LEAST_ROWS = 5

/** Folds that a log needs for about a thousand validation users: one for large logs, five for small ones. */
export function foldsWanted(log: Interactions): number {
  const perFold = Math.max(1, Math.floor(log.userCount / 5))
  return Math.max(1, Math.min(MAX_FOLDS, Math.ceil(MAX_VALIDATION_USERS / perFold)))
}

/**
 * Rows that users need to be asked about a part of them: five, and where fewer than half of those with two rows have as many, four, three or two, since
 * the few who have more are not the people that the log is of.
 */
export function leastRows({ userOffsets, userCount }: Pick<Interactions, 'userOffsets' | 'userCount'>): number {
  const users = new Int32Array(MOST_LEAST_ROWS + 1) // by their rows, the last with as many or more
  for (let user = 0; user < userCount; user++)
    users[Math.min(MOST_LEAST_ROWS, userOffsets[user + 1] - userOffsets[user])]++
  const all = users.subarray(2).reduce((sum, count) => sum + count, 0)
  let least = MOST_LEAST_ROWS
  for (let enough = users[least]; least > 2 && enough * 2 < all; enough += users[least]) least--
  return least
}

/**
 * Holds users out (Liang et al. 2018): those held out have at least `leastRows` distinct items, a fifth of which is asked for; the rest is trained on where
 * visitors are known.
 */
export function holdOutUsers(log: Interactions, options: ValidationOptions): ValidationUsers {
  const random = createRandom(options.seed)
  const order = Int32Array.from({ length: log.userCount }, (_, u) => u)
  shuffle(order, random)
  const wanted = Math.min(options.maxUsers ?? MAX_VALIDATION_USERS, Math.floor(log.userCount / 5))
  const skipped = (options.fold ?? 0) * wanted
  const limit = options.maxTrainRows ?? Number.POSITIVE_INFINITY
  const least = leastRows(log)
  const trainUsers: number[] = []
  const histories: Int32Array[] = []
  const truths: Int32Array[] = []
  const isAsked = new Uint8Array(options.visitors === 'known' ? log.item.length : 0)
  let rows = 0
  let seen = 0
  for (const user of order) {
    const items = distinctItems(log, user)
    if (items.length >= least && seen++ >= skipped && histories.length < wanted) {
      if (options.order === 'ignore') shuffle(items, random)
      const kept = items.length - Math.max(1, Math.floor(items.length / 5))
      histories.push(items.slice(0, kept))
      truths.push(items.slice(kept))
      if (options.visitors !== 'known') continue
      trainUsers.push(user)
      rows += kept
      markRows(log, user, new Set(items.subarray(kept)), isAsked)
    } else if (rows + items.length <= limit) {
      trainUsers.push(user)
      rows += items.length
    }
  }
  const left = options.visitors === 'known' ? withoutRows(log, isAsked) : log
  return { log: left, trainUsers: Int32Array.from(trainUsers).sort(), histories, truths }
}

function markRows(log: Interactions, user: number, items: ReadonlySet<number>, marks: Uint8Array): void {
  for (let row = log.userOffsets[user]; row < log.userOffsets[user + 1]; row++)
    if (items.has(log.item[row])) marks[row] = 1
}

function distinctItems(log: Interactions, user: number): Int32Array {
  return Int32Array.from(new Set(log.item.subarray(log.userOffsets[user], log.userOffsets[user + 1])))
}

/**
 * NDCG@k of one ranking of all items by `scores` (ties to the lower item), `history` masked, binary relevance; 0 for an empty truth.
 * `scores` is overwritten.
 */
export function ndcgOfScores(scores: Float32Array, history: Int32Array, truth: Int32Array, k: number): number {
  if (truth.length === 0) return 0
  for (const item of history) scores[item] = Number.NEGATIVE_INFINITY
  let dcg = 0
  let ideal = 0
  for (let r = 0; r < Math.min(k, truth.length); r++) ideal += 1 / Math.log2(r + 2)
  for (const item of truth) {
    const score = scores[item]
    let rank = 0
    for (let i = 0; i < scores.length && rank < k; i++)
      if (!(scores[i] <= score) || (scores[i] === score && i < item)) rank++ // NaN ranks before everything
    if (rank < k) dcg += 1 / Math.log2(rank + 2)
  }
  return dcg / ideal
}
