import type { Config } from '../config/schema.ts'
import { type EventTable, UNKNOWN_EVENT } from './events.ts'
import { dayOf, type LogTimes } from './log-time.ts'
import { type LogRows, NO_EVENT, NO_ID } from './read-log.ts'
import { type DropReason, type FlagReason, type IgnoreReason, ReasonCounts } from './report.ts'

const DAY_MS = 86_400_000

/** What becomes of each row. */
export type RowFate = {
  /** Weight as evidence, 0 for a row that is not used. One entry per row; owned by the caller. */
  readonly weight: Float32Array
  /** 1 for rows that are not to be read at all. One entry per row. */
  readonly isDropped: Uint8Array
  /** Bit per FLAG_BITS entry. One entry per row; later steps add bits. */
  readonly flags: Uint16Array
  readonly dropped: ReasonCounts<DropReason>
  readonly ignored: ReasonCounts<IgnoreReason>
  /** False where no rating reaches the threshold, so that it cannot be meant for this file. */
  readonly ratingScaleFits: boolean
}

/** Bit of each flag in `RowFate.flags`. */
export const FLAG_BITS: Readonly<Record<FlagReason, number>> = {
  'missing-timestamp': 1,
  'unreadable-timestamp': 2,
  'future-timestamp': 4,
  'old-timestamp': 8,
  'unknown-event': 16,
  'duplicate-row': 32,
  'robot-like-user': 64,
  'volume-spike': 128,
  'absurd-value': 256,
}

export type ValidateOptions = {
  readonly config: Pick<Config, 'input' | 'validation'>
  readonly events: EventTable
  /** Every row with a user and an item is used, whatever else is wrong with it. */
  readonly dropNothing: boolean
}

/** Judges each row by itself: whether it is used, with which weight, and what looks wrong about it. Ages count from the log's newest row. */
export function validateRows(rows: LogRows, times: LogTimes, options: ValidateOptions): RowFate {
  const dropped = new ReasonCounts<DropReason>()
  const ignored = new ReasonCounts<IgnoreReason>()
  dropped.add('malformed-row', rows.malformed)
  const ratingScaleFits = !rows.hasRatings || rows.rating.some((value) => value >= options.config.input.minRating)
  const weight = new Float32Array(rows.rowCount)
  const flags = new Uint16Array(rows.rowCount)
  const isDropped = new Uint8Array(rows.rowCount)
  const spikes = spikeDays(times.rowsPerDay, options.config.validation)
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.user[row] === NO_ID.absent) {
      isDropped[row] = 1
      continue
    }
    const dropReason =
      idFault(rows, row) ??
      (options.dropNothing ? undefined : dropFault(row, { rows, times, options, scaleFits: ratingScaleFits }))
    if (dropReason !== undefined) {
      dropped.add(dropReason)
      isDropped[row] = 1
      continue
    }
    flags[row] = flagRow(row, { rows, times, validation: options.config.validation, spikes })
    const evidence = rowWeight(rows, row, options, ratingScaleFits)
    if (typeof evidence === 'string') ignored.add(evidence)
    else weight[row] = evidence
  }
  return { weight, isDropped, flags, dropped, ignored, ratingScaleFits }
}

type RowContext = {
  readonly rows: LogRows
  readonly times: LogTimes
  readonly options: ValidateOptions
  readonly scaleFits: boolean
}

function idFault(rows: LogRows, row: number): DropReason | undefined {
  const user = rows.user[row] ?? NO_ID.missing
  const item = rows.item[row] ?? NO_ID.missing
  if (user === NO_ID.missing) return 'missing-user'
  if (item === NO_ID.missing) return 'missing-item'
  if (user === NO_ID.tooLong || item === NO_ID.tooLong) return 'id-too-long'
  if (user === NO_ID.controlCharacter || item === NO_ID.controlCharacter) return 'id-control-character'
  return undefined
}

function dropFault(row: number, context: RowContext): DropReason | undefined {
  const { rows, times, options, scaleFits } = context
  const { input, validation } = options.config
  const at = times.key[row] ?? Number.NaN
  if (times.order === 'time' && input.retentionDays > 0 && at < times.newestAt - input.retentionDays * DAY_MS)
    return 'beyond-retention'
  if (!rows.hasRatings || !scaleFits) return undefined
  const rating = rows.rating[row] ?? Number.NaN
  const isMissing = Number.isNaN(rating) && rows.event[row] === NO_EVENT
  return isMissing || Math.abs(rating) > validation.maxValue ? 'unreadable-rating' : undefined
}

function rowWeight(rows: LogRows, row: number, options: ValidateOptions, scaleFits: boolean): number | IgnoreReason {
  const code = rows.event[row] ?? NO_EVENT
  const weight = code === NO_EVENT ? 1 : (options.events.weights[code] ?? 0)
  if (options.dropNothing) return weight > 0 ? weight : 1
  const rating = rows.rating[row] ?? Number.NaN
  if (scaleFits && rating < options.config.input.minRating) return 'below-min-rating'
  return weight > 0 ? weight : 'not-positive-event'
}

type FlagContext = {
  readonly rows: LogRows
  readonly times: LogTimes
  readonly validation: Config['validation']
  readonly spikes: ReadonlySet<number>
}

function flagRow(row: number, context: FlagContext): number {
  const { rows, times, validation, spikes } = context
  let flags = 0
  const at = times.key[row] ?? Number.NaN
  if (times.future[row] === 1) flags |= FLAG_BITS['future-timestamp']
  else if (rows.badTime[row] === 1) flags |= FLAG_BITS['unreadable-timestamp']
  else if (times.order === 'time' && Number.isNaN(at)) flags |= FLAG_BITS['missing-timestamp']
  if (times.order === 'time' && !Number.isNaN(at)) {
    if (at < times.newestAt - validation.maxAgeDays * DAY_MS) flags |= FLAG_BITS['old-timestamp']
    if (spikes.has(dayOf(at))) flags |= FLAG_BITS['volume-spike']
  }
  if (rows.event[row] === UNKNOWN_EVENT) flags |= FLAG_BITS['unknown-event']
  const value = rows.value[row] ?? Number.NaN
  if (value < 0 || value > validation.maxValue) flags |= FLAG_BITS['absurd-value']
  return flags
}

/**
 * Days with more rows than the other days' mean plus `spikeSigma` standard deviations, counting only days with rows; the deviation is at least
 * that of a Poisson count, so that an even log has no spikes.
 */
export function spikeDays(rowsPerDay: ReadonlyMap<number, number>, validation: Config['validation']): Set<number> {
  const spikes = new Set<number>()
  const others = rowsPerDay.size - 1
  if (rowsPerDay.size < validation.spikeMinDays || others < 2) return spikes
  let sum = 0
  let squares = 0
  for (const count of rowsPerDay.values()) {
    sum += count
    squares += count * count
  }
  for (const [day, count] of rowsPerDay) {
    const mean = (sum - count) / others
    const variance = Math.max((squares - count * count) / others - mean * mean, mean)
    if (count > mean + validation.spikeSigma * Math.sqrt(variance)) spikes.add(day)
  }
  return spikes
}
