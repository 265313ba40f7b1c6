import type { Interactions } from '../dataset.ts'
import { withoutRows } from '../train/log-rows.ts'
import { createRandom, shuffle } from '../train/random.ts'

/**
 * A log cut in two. `train` has every user of the log, those held out entirely with an empty row; `test` lists, per tested user, the items to find.
 */
export type Split = {
  readonly train: Interactions
  /** Indices of the tested users, ascending. */
  readonly testUsers: Int32Array
  /** Length testUsers.length + 1; test items of the t-th tested user are `testItems[testOffsets[t] … testOffsets[t + 1] - 1]`, oldest first. */
  readonly testOffsets: Int32Array
  readonly testItems: Int32Array
  /**
   * What a device would hold of each tested user when asked: rows like `testOffsets`, oldest first. The same as the user's training rows,
   * but for users held out of training, whose history nobody trained on.
   */
  readonly historyOffsets: Int32Array
  readonly historyItems: Int32Array
  /** Times of test and history rows, ms, NaN unknown. */
  readonly testAt: Float64Array
  readonly historyAt: Float64Array
}

/** Where a user's rows go: `train`, `test`, a held-out `history`, or out of both (`unused`). */
type Part = 0 | 1 | 2 | 3
const TRAIN: Part = 0
const TEST: Part = 1
const HISTORY: Part = 2
const UNUSED: Part = 3

/**
 * Cuts at one instant: the newest `testShare` of all timed rows are tested on, the rest trained on; rows without time are trained on.
 * Users with fewer than `minHistory` rows before the cut are not tested on.
 */
export function splitByTime(
  log: Interactions,
  options: { readonly testShare: number; readonly minHistory?: number },
): Split {
  const times = log.at.filter((at) => !Number.isNaN(at)).sort()
  const cut =
    times[Math.min(times.length - 1, Math.floor(times.length * (1 - options.testShare)))] ?? Number.POSITIVE_INFINITY
  const parts = new Uint8Array(log.item.length)
  for (let user = 0; user < log.userCount; user++) {
    const [from, to] = rangeOf(log, user)
    let before = 0
    for (let row = from; row < to; row++) {
      parts[row] = (log.at[row] ?? Number.NaN) >= cut ? TEST : TRAIN
      if (parts[row] === TRAIN) before++
    }
    // Rows after the cut must not be trained on, tested or not.
    if (before < (options.minHistory ?? 1))
      for (let row = from; row < to; row++) if (parts[row] === TEST) parts[row] = UNUSED
  }
  return assemble(log, parts)
}

type TailOptions = {
  readonly minUserItems: number
  /** Of the draw where the log has no order. */
  readonly seed: number
}

/** Leaves each user's newest item out (without order a random one), for users with at least `minUserItems` items (2 or more). */
export function splitLeaveLastOut(log: Interactions, options: TailOptions): Split {
  return splitTail(log, options, () => 1)
}

/**
 * Leaves the newest `testShare` (without order a random one; rounded down, at least one) of each user's items out, for users with at least
 * `minUserItems` items (2 or more).
 */
export function splitLastFraction(log: Interactions, options: TailOptions & { readonly testShare: number }): Split {
  return splitTail(log, options, (count) => testedOf(count, options.testShare))
}

/** How many of a user's items are tested on: at least one, and at least one stays. */
function testedOf(count: number, testShare: number): number {
  return Math.min(count - 1, Math.max(1, Math.floor(count * testShare)))
}

export type HeldOutOptions = {
  /** Users to hold out; at most a fifth of those with enough items. */
  readonly users: number
  readonly testShare: number
  readonly minUserItems: number
  readonly seed: number
  /** Which part of the users, for cross-validation: fold f of n holds out the f-th run of one shuffled order. */
  readonly fold?: number
}

/**
 * Strong generalisation: users drawn at random are kept out of training; a random `testShare` of their items is tested on, the rest is their
 * history. Each user has a random stream of their own, so that who else is held out changes nothing.
 */
export function splitHeldOutUsers(log: Interactions, options: HeldOutOptions): Split {
  const minimum = Math.max(2, options.minUserItems)
  const eligible = Int32Array.from({ length: log.userCount }, (_, user) => user).filter(
    (user) => rowCount(log, user) >= minimum,
  )
  shuffle(eligible, createRandom(options.seed))
  const size = Math.min(options.users, Math.max(1, Math.floor(eligible.length / 5)))
  const start = (options.fold ?? 0) * size
  const parts = new Uint8Array(log.item.length)
  for (const user of eligible.subarray(start, start + size)) markRandom(log, user, parts, options)
  return assemble(log, parts)
}

function markRandom(log: Interactions, user: number, parts: Uint8Array, options: HeldOutOptions): void {
  const order = shuffledRows(log, user, options.seed)
  const tested = testedOf(order.length, options.testShare)
  for (const [k, row] of order.entries()) parts[row] = k < tested ? TEST : HISTORY
}

/** A user's rows in a random order of the user's own. */
function shuffledRows(log: Interactions, user: number, seed: number): Int32Array {
  const [from, to] = rangeOf(log, user)
  const order = Int32Array.from({ length: to - from }, (_, k) => from + k)
  shuffle(order, createRandom(deriveSeed(seed, user)))
  return order
}

/**
 * Keeps a share of the items out of training entirely, for the question what a new item gets: all their rows are tested on, the users' other rows
 * are trained on and known.
 */
export function splitColdItems(
  log: Interactions,
  { testShare, seed }: { readonly testShare: number; readonly seed: number },
): Split {
  const order = Int32Array.from({ length: log.itemCount }, (_, item) => item)
  shuffle(order, createRandom(seed))
  const isCold = new Uint8Array(log.itemCount)
  for (const item of order.subarray(0, Math.max(1, Math.floor(log.itemCount * testShare)))) isCold[item] = 1
  return assemble(
    log,
    Uint8Array.from(log.item, (item) => (isCold[item] === 1 ? TEST : TRAIN)),
  )
}

/** Mixes a seed with a user's index. */
export function deriveSeed(seed: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}

function splitTail(log: Interactions, options: TailOptions, tested: (count: number) => number): Split {
  const minimum = Math.max(2, options.minUserItems)
  const parts = new Uint8Array(log.item.length)
  for (let user = 0; user < log.userCount; user++) {
    const [from, to] = rangeOf(log, user)
    if (to - from < minimum) continue
    const count = tested(to - from)
    // Rows of a log without order are sorted by item: its last ones are those that came into the catalogue last.
    if (log.order === 'none')
      for (const row of shuffledRows(log, user, options.seed).subarray(0, count)) parts[row] = TEST
    else parts.fill(TEST, to - count, to)
  }
  return assemble(log, parts)
}

function rangeOf(log: Interactions, user: number): [number, number] {
  return [log.userOffsets[user] ?? 0, log.userOffsets[user + 1] ?? 0]
}

function rowCount(log: Interactions, user: number): number {
  const [from, to] = rangeOf(log, user)
  return to - from
}

function assemble(log: Interactions, parts: Uint8Array): Split {
  const users: number[] = []
  const test: number[] = []
  const testOffsets = [0]
  const history: number[] = []
  const historyOffsets = [0]
  for (let user = 0; user < log.userCount; user++) {
    const [from, to] = rangeOf(log, user)
    if (!parts.subarray(from, to).includes(TEST)) continue
    users.push(user)
    for (let row = from; row < to; row++) {
      if (parts[row] === TEST) test.push(row)
      else if (parts[row] !== UNUSED) history.push(row)
    }
    testOffsets.push(test.length)
    historyOffsets.push(history.length)
  }
  return {
    train: withoutRows(
      log,
      parts.map((part) => (part === TRAIN ? 0 : 1)),
    ),
    testUsers: Int32Array.from(users),
    testOffsets: Int32Array.from(testOffsets),
    testItems: Int32Array.from(test, (row) => log.item[row]),
    testAt: Float64Array.from(test, (row) => log.at[row]),
    historyAt: Float64Array.from(history, (row) => log.at[row]),
    historyOffsets: Int32Array.from(historyOffsets),
    historyItems: Int32Array.from(history, (row) => log.item[row]),
  }
}
