import type { Interactions } from '../dataset.ts'
import { areUntimed, dayOf, type LogTimes } from './log-time.ts'
import type { LogRows } from './read-log.ts'
import { areTiesSorted, type KeyedRows, shuffleTies } from './tied-rows.ts'
import { FLAG_BITS, type RowFate } from './validate.ts'

/** Earlier events on the same item that a row is compared with when looking for duplicates. */
const COMPARED_EVENTS = 50

export type GroupOptions = {
  readonly maxPairWeight: number
  readonly maxEventsPerUserDay: number
  /** `use` and `ignore` as the config says; `given` is the order of the file where rows have no time, which holds unless they stand sorted by item. */
  readonly order: 'use' | 'ignore' | 'given'
  /** Index in the dataset of each of the log's items. */
  readonly itemIndex: Int32Array
  readonly itemCount: number
}

/** Interactions, and for each of their users the index in the log's `users`. */
export type GroupedLog = {
  readonly interactions: Interactions
  readonly userIndex: Int32Array
  /** Rows of one time stood sorted by item and were put in a random order. */
  readonly isBlind: boolean
}

/**
 * Groups used rows by user, oldest first (a row without time follows the row before it in the file), and merges repeated rows on one item into
 * the last of them with the sum of their weights, capped. Flags exact duplicates (same time, event and value: their weight becomes 0)
 * and robot-like days in `fate`.
 */
export function groupLog(rows: LogRows, times: LogTimes, fate: RowFate, options: GroupOptions): GroupedLog {
  const keyed = sortByUser(rows, times, fate)
  const { offsets, order } = keyed
  const isUntimed = areUntimed(times)
  const isDecided = options.order === 'ignore' || (isUntimed && options.order === 'use')
  const isBlind = !isDecided && areTiesSorted(keyed)
  if (isBlind) shuffleTies(keyed)
  // Rows of a user are then sorted by item and have no time.
  const ignoreOrder = options.order === 'ignore' || (isUntimed && isBlind)
  const merger = createMerger(rows, times, fate, { ...options, ignoreOrder })
  const userIndex: number[] = []
  const userOffsets: number[] = [0]
  for (let user = 0; user < rows.users.length; user++) {
    const from = offsets[user] ?? 0
    const to = offsets[user + 1] ?? 0
    if (from === to) continue
    if (times.order === 'time') flagRobotDays(order.subarray(from, to), times, fate, options.maxEventsPerUserDay)
    userIndex.push(user)
    userOffsets.push(merger.addUser(order.subarray(from, to)))
  }
  const interactions: Interactions = {
    userCount: userIndex.length,
    itemCount: options.itemCount,
    userOffsets: Int32Array.from(userOffsets),
    ...merger.columns(),
    order: ignoreOrder ? 'none' : times.order,
  }
  return { interactions, userIndex: Int32Array.from(userIndex), isBlind }
}

/** Row numbers grouped by user and sorted within each; rows of weight 0 are left out. */
function sortByUser(rows: LogRows, times: LogTimes, fate: RowFate): KeyedRows {
  const offsets = new Int32Array(rows.users.length + 1)
  for (let row = 0; row < rows.rowCount; row++)
    if ((fate.weight[row] ?? 0) > 0) bump(offsets, (rows.user[row] ?? 0) + 1)
  for (let user = 0; user < rows.users.length; user++)
    offsets[user + 1] = (offsets[user + 1] ?? 0) + (offsets[user] ?? 0)
  const order = new Int32Array(offsets[rows.users.length] ?? 0)
  const next = offsets.slice()
  for (let row = 0; row < rows.rowCount; row++)
    if ((fate.weight[row] ?? 0) > 0) order[bump(next, rows.user[row] ?? 0)] = row
  const key = fillKeys(rows, times, fate)
  for (let user = 0; user < rows.users.length; user++) {
    const slice = order.subarray(offsets[user] ?? 0, offsets[user + 1] ?? 0)
    if (!isSorted(slice, key)) slice.sort((a, b) => (key[a] ?? 0) - (key[b] ?? 0) || a - b)
  }
  return { offsets, order, key, item: rows.item, itemIds: rows.items }
}

function bump(counts: Int32Array, index: number): number {
  const value = counts[index] ?? 0
  counts[index] = value + 1
  return value
}

/** Sort keys with gaps filled by the same user's previous row in the file; a row before any known time is oldest. */
function fillKeys(rows: LogRows, times: LogTimes, fate: RowFate): Float64Array {
  const filled = times.key.slice()
  const last = new Float64Array(rows.users.length).fill(-Number.MAX_VALUE)
  for (let row = 0; row < rows.rowCount; row++) {
    if ((fate.weight[row] ?? 0) === 0) continue
    const user = rows.user[row] ?? 0
    const key = filled[row] ?? Number.NaN
    if (Number.isNaN(key)) filled[row] = last[user] ?? 0
    else last[user] = key
  }
  return filled
}

function isSorted(slice: Int32Array, key: Float64Array): boolean {
  for (let k = 1; k < slice.length; k++) if ((key[slice[k] ?? 0] ?? 0) < (key[slice[k - 1] ?? 0] ?? 0)) return false
  return true
}

function flagRobotDays(userRows: Int32Array, times: LogTimes, fate: RowFate, maxEvents: number): void {
  if (userRows.length <= maxEvents) return
  const perDay = new Map<number, number[]>()
  for (const row of userRows) {
    const at = times.key[row] ?? Number.NaN
    if (Number.isNaN(at)) continue
    const day = perDay.get(dayOf(at))
    if (day === undefined) perDay.set(dayOf(at), [row])
    else day.push(row)
  }
  for (const day of perDay.values()) {
    if (day.length > maxEvents)
      for (const row of day) fate.flags[row] = (fate.flags[row] ?? 0) | FLAG_BITS['robot-like-user']
  }
}

type Merger = {
  /** Adds one user's rows and returns how many pairs there are now. */
  readonly addUser: (userRows: Int32Array) => number
  readonly columns: () => Pick<Interactions, 'item' | 'weight' | 'at'>
}

type MergeOptions = GroupOptions & { readonly ignoreOrder: boolean }

function createMerger(rows: LogRows, times: LogTimes, fate: RowFate, options: MergeOptions): Merger {
  const capacity = fate.weight.reduce((count, weight) => (weight > 0 ? count + 1 : count), 0)
  const item = new Int32Array(capacity)
  const weight = new Float32Array(capacity)
  const at = new Float64Array(capacity).fill(Number.NaN)
  const hasTime = times.order === 'time' && !options.ignoreOrder
  const newest = new Int32Array(options.itemCount).fill(-1)
  const newestUser = new Int32Array(options.itemCount).fill(-1)
  const older = new Int32Array(rows.rowCount).fill(-1)
  let pairs = 0
  let users = 0
  const addUser = (userRows: Int32Array) => {
    const start = pairs
    const stamp = users++
    const kept: number[] = []
    for (const row of userRows) {
      const index = options.itemIndex[rows.item[row] ?? 0] ?? 0
      if (newestUser[index] === stamp) older[row] = newest[index] ?? -1
      newestUser[index] = stamp
      newest[index] = row
      if (!isDuplicate(rows, times, older, row)) continue
      fate.flags[row] = (fate.flags[row] ?? 0) | FLAG_BITS['duplicate-row']
      // The same event at the same instant was delivered twice; without a time it may have happened twice.
      if (!Number.isNaN(times.key[row] ?? Number.NaN)) fate.weight[row] = 0
    }
    for (const row of userRows) if (newest[options.itemIndex[rows.item[row] ?? 0] ?? 0] === row) kept.push(row)
    if (options.ignoreOrder)
      kept.sort((a, b) => (options.itemIndex[rows.item[a] ?? 0] ?? 0) - (options.itemIndex[rows.item[b] ?? 0] ?? 0))
    for (const row of kept) {
      item[pairs] = options.itemIndex[rows.item[row] ?? 0] ?? 0
      weight[pairs] = Math.min(sumWeights(fate.weight, older, row), options.maxPairWeight)
      if (hasTime) at[pairs] = times.key[row] ?? Number.NaN
      pairs++
    }
    return start + kept.length
  }
  const columns = () => ({ item: item.slice(0, pairs), weight: weight.slice(0, pairs), at: at.slice(0, pairs) })
  return { addUser, columns }
}

function sumWeights(weights: Float32Array, older: Int32Array, newestRow: number): number {
  let sum = 0
  for (let row = newestRow; row >= 0; row = older[row] ?? -1) sum += weights[row] ?? 0
  return sum
}

function isDuplicate(rows: LogRows, times: LogTimes, older: Int32Array, row: number): boolean {
  let other = older[row] ?? -1
  for (let compared = 0; other >= 0 && compared < COMPARED_EVENTS; compared++) {
    const sameTime = Object.is(times.key[other], times.key[row])
    if (sameTime && rows.event[other] === rows.event[row] && Object.is(rows.value[other], rows.value[row])) return true
    other = older[other] ?? -1
  }
  return false
}
