import type { Config } from '../config/schema.ts'
import type { LogOrder } from '../dataset.ts'
import { type LogRows, NO_ID } from './read-log.ts'

const DAY_MS = 86_400_000
const YEAR_1990_MS = 631_152_000_000
const YEAR_2100_MS = 4_102_444_800_000

/** Values looked at to tell the unit of numeric times. */
const SAMPLED_VALUES = 100_000

/** With fewer rows than this share timed, a log counts as untimed. */
const MIN_TIMED_SHARE = 0.5

/** A share of users starting at one instant from which times are relative to each user's start. */
const SAME_START_SHARE = 0.99

/** The last share of a log that may be misdated. */
const MISDATED_SHARE = 0.001

/** What is known of the times of a log's rows. */
export type LogTimes = {
  readonly order: LogOrder
  /** Sorts a user's rows: milliseconds or whatever the log counts in; NaN where unknown. One entry per row. */
  readonly key: Float64Array
  /** Rows whose time is not believed; their key is NaN. One entry per row, 0 or 1. */
  readonly future: Uint8Array
  /** Milliseconds since the epoch; NaN unless `order` is `time`. */
  readonly oldestAt: number
  readonly newestAt: number
  /** Rows per UTC day (days since the epoch); empty unless `order` is `time`. */
  readonly rowsPerDay: ReadonlyMap<number, number>
}

/**
 * Tells logs without order, with order but no real time, and with real times apart, and puts real times into milliseconds.
 * Seconds, milli-, micro- and nanoseconds and dates written 20240131 are told by their size. Untimed logs have the order of their rows.
 * @param nowMs - Times later than this plus the tolerance are not believed.
 */
export function resolveTimes(rows: LogRows, validation: Config['validation'], nowMs: number): LogTimes {
  const { key, real, timed } = readKeys(rows)
  const future = new Uint8Array(rows.rowCount)
  const untimed = {
    order: 'order',
    key,
    future,
    oldestAt: Number.NaN,
    newestAt: Number.NaN,
    rowsPerDay: new Map(),
  } as const
  const present = countPresent(rows)
  if (timed < present * MIN_TIMED_SHARE || isConstant(key)) return { ...untimed, key: key.fill(Number.NaN) }
  if (!real || startsTogether(rows, key)) return untimed
  dropAfter(key, future, nowMs + validation.futureToleranceHours * 3_600_000)
  const days = countDays(key)
  const misdated = firstMisdatedDay(days, validation.futureGapDays)
  if (misdated !== undefined) {
    dropAfter(key, future, misdated * DAY_MS - 1)
    for (const day of days.keys()) if (day >= misdated) days.delete(day)
  }
  const { min, max } = rangeOf(key)
  if (!(min < max)) return { ...untimed, future, key: key.fill(Number.NaN) }
  return { order: 'time', key, future, oldestAt: min, newestAt: max, rowsPerDay: days }
}

/** Whether a log's rows have nothing but their places in the file. */
export function areUntimed({ key }: Pick<LogTimes, 'key'>): boolean {
  return key.every(Number.isNaN)
}

/** UTC day number of a time in milliseconds. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}

/** Milliseconds of a numeric time by its size: seconds below 1e11, then milli-, micro- and nanoseconds. */
export function epochMs(value: number): number {
  if (value < 1e11) return value * 1000
  if (value < 1e14) return value
  return value < 1e17 ? value / 1000 : value / 1e6
}

/** Milliseconds of a date written as the number 20240131; NaN when it is no date. */
export function compactDateMs(value: number): number {
  const [year, month, day] = [Math.floor(value / 10_000), Math.floor(value / 100) % 100, value % 100]
  if (!Number.isInteger(value) || year < 1990 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31)
    return Number.NaN
  return Date.UTC(year, month - 1, day)
}

function readKeys(rows: LogRows): { key: Float64Array; real: boolean; timed: number } {
  const sample = sampleNumbers(rows.timeNumber)
  const middle = sample[sample.length >> 1] ?? Number.NaN
  const compact = sample.length > 0 && sample.every((value) => !Number.isNaN(compactDateMs(value)))
  const epoch = epochMs(middle) >= YEAR_1990_MS && epochMs(middle) < YEAR_2100_MS
  const toKey = compact
    ? compactDateMs
    : epoch
      ? (value: number) => (value > 0 ? epochMs(value) : Number.NaN)
      : (value: number) => value
  const key = new Float64Array(rows.rowCount)
  let timed = 0
  for (let row = 0; row < rows.rowCount; row++) {
    const text = rows.timeText[row] ?? Number.NaN
    const number = rows.timeNumber[row] ?? Number.NaN
    const value = Number.isNaN(text) ? (Number.isFinite(number) ? toKey(number) : Number.NaN) : text
    key[row] = value
    if (!Number.isNaN(value)) timed++
  }
  return { key, real: compact || epoch || sample.length === 0, timed }
}

function sampleNumbers(values: Float64Array): Float64Array {
  const step = Math.max(1, Math.floor(values.length / SAMPLED_VALUES))
  const sample: number[] = []
  for (let row = 0; row < values.length; row += step) {
    const value = values[row] ?? Number.NaN
    if (Number.isFinite(value)) sample.push(value)
  }
  return Float64Array.from(sample).sort()
}

function countPresent(rows: LogRows): number {
  let present = 0
  for (let row = 0; row < rows.rowCount; row++) if (rows.user[row] !== NO_ID.absent) present++
  return present
}

function rangeOf(key: Float64Array): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of key) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max }
}

function isConstant(key: Float64Array): boolean {
  const { min, max } = rangeOf(key)
  return !(min < max)
}

function startsTogether(rows: LogRows, key: Float64Array): boolean {
  const start = new Float64Array(rows.users.length).fill(Number.POSITIVE_INFINITY)
  for (let row = 0; row < rows.rowCount; row++) {
    const user = rows.user[row] ?? -1
    const value = key[row] ?? Number.NaN
    if (user >= 0 && value < (start[user] ?? 0)) start[user] = value
  }
  const known = start.filter((value) => value < Number.POSITIVE_INFINITY).sort()
  const middle = known[known.length >> 1] ?? Number.NaN
  let same = 0
  for (const value of known) if (value === middle) same++
  return known.length > 1 && same >= SAME_START_SHARE * known.length
}

function dropAfter(key: Float64Array, future: Uint8Array, limitMs: number): void {
  for (let row = 0; row < key.length; row++) {
    if ((key[row] ?? Number.NaN) > limitMs) {
      key[row] = Number.NaN
      future[row] = 1
    }
  }
}

function countDays(key: Float64Array): Map<number, number> {
  const days = new Map<number, number>()
  for (const value of key) {
    if (Number.isNaN(value)) continue
    const day = dayOf(value)
    days.set(day, (days.get(day) ?? 0) + 1)
  }
  return days
}

function firstMisdatedDay(days: ReadonlyMap<number, number>, gapDays: number): number | undefined {
  const sorted = [...days].sort((a, b) => a[0] - b[0])
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  let tail = 0
  let found: number | undefined
  for (let k = sorted.length - 1; k > 0; k--) {
    const [day, count] = sorted[k] ?? [0, 0]
    tail += count
    if (tail > total * MISDATED_SHARE) break
    if (day - (sorted[k - 1]?.[0] ?? day) > gapDays) found = day
  }
  return found
}
