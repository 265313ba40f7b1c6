import type { IngestConfig } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import type { LogTimes } from './log-time.ts'
import type { Catalogue } from './read-catalogue.ts'
import { type LogRows, NO_ID } from './read-log.ts'
import type { FlagReason, IngestReport } from './report.ts'
import { ReasonCounts } from './report.ts'
import { FLAG_BITS, type RowFate } from './validate.ts'

export type SummaryInput = {
  readonly rows: LogRows
  readonly times: LogTimes
  readonly fate: RowFate
  readonly catalogue: Catalogue
  readonly dataset: Dataset
  readonly rowsUsed: number
  readonly onlyInLog: number
  readonly config: IngestConfig
  /** Rows of one time stood sorted by item. */
  readonly isBlind: boolean
}

/** Shares above this are worth a word. */
const NOTABLE_SHARE = 0.01

const FLAG_REASONS = Object.keys(FLAG_BITS) as FlagReason[] // the table's keys are its type's

/** Writes the report of what reading found. */
export function summariseIngest(input: SummaryInput): IngestReport {
  const { rows, fate, times, dataset, catalogue } = input
  const { flagged, flaggedRows, present } = countFlags(rows, fate)
  const rowsRead = present + rows.malformed
  const cleanShare = rowsRead === 0 ? 1 : (rowsRead - fate.dropped.total() - flaggedRows) / rowsRead
  const logWarnings = warningsOfLog(input, cleanShare)
  const withoutTitle = dataset.items.reduce((count, item) => (item.title === '' ? count + 1 : count), 0)
  return {
    rowsRead,
    rowsUsed: input.rowsUsed,
    dropped: fate.dropped.toRecord(),
    ignored: fate.ignored.toRecord(),
    flagged: flagged.toRecord(),
    cleanShare,
    order: dataset.interactions.order,
    oldestAt: times.oldestAt,
    newestAt: times.newestAt,
    users: dataset.users.length,
    items: dataset.items.length,
    pairs: dataset.interactions.item.length,
    catalogue: {
      rowsRead: catalogue.rowsRead,
      rowsUsed: catalogue.items.length,
      dropped: catalogue.dropped.toRecord(),
      flagged: catalogue.flagged.toRecord(),
      onlyInLog: input.onlyInLog,
      withoutTitle,
    },
    ignoredColumns: [...rows.ignoredColumns, ...catalogue.ignoredColumns],
    warnings: [...logWarnings, ...otherWarnings(input, withoutTitle)],
    logWarnings,
  }
}

function countFlags(
  rows: LogRows,
  fate: RowFate,
): { flagged: ReasonCounts<FlagReason>; flaggedRows: number; present: number } {
  const counts = new Map<FlagReason, number>()
  let flaggedRows = 0
  let present = 0
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.user[row] === NO_ID.absent) continue
    present++
    const flags = fate.flags[row] ?? 0
    if (flags === 0) continue
    flaggedRows++
    for (const reason of FLAG_REASONS)
      if ((flags & FLAG_BITS[reason]) !== 0) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const flagged = new ReasonCounts<FlagReason>()
  for (const [reason, count] of counts) flagged.add(reason, count)
  return { flagged, flaggedRows, present }
}

function warningsOfLog(input: SummaryInput, cleanShare: number): string[] {
  const { rows, fate, config } = input
  const warnings: string[] = []
  if (cleanShare < config.validation.cleanShareWarning) {
    warnings.push(
      `only ${(100 * cleanShare).toFixed(1)} % of the log's rows are clean (warning below ${100 * config.validation.cleanShareWarning} %)`,
    )
  }
  if (!fate.ratingScaleFits)
    warnings.push(`no rating reaches input.minRating = ${config.input.minRating}; ratings were not used as a threshold`)
  const unread = rows.badTime.reduce((sum, bad) => sum + bad, 0) / Math.max(1, rows.rowCount)
  if (unread > NOTABLE_SHARE)
    warnings.push(
      `${(100 * unread).toFixed(0)} % of the times cannot be read; write ISO 8601 (2026-01-31T12:00:00Z) or seconds since 1970`,
    )
  if (input.isBlind)
    warnings.push(
      'most rows of a user share one time and stand sorted by item: among them the order is taken to say nothing',
    )
  if (rows.unknownEvents.length > 0) {
    warnings.push(
      `unknown events: ${rows.unknownEvents.slice(0, 5).join(', ').slice(0, 200)}; name them in [events.weights] or [events.aliases]`,
    )
  }
  return warnings
}

function otherWarnings({ rows, catalogue }: SummaryInput, withoutTitle: number): string[] {
  const warnings: string[] = []
  if (withoutTitle > 0) warnings.push(`${withoutTitle} items have no title; their cards show the id`)
  if (rows.rowCount === 0) warnings.push('no log: shelves come from the catalogue alone')
  const personal = [...rows.ignoredColumns, ...catalogue.ignoredColumns].filter(
    (column) => column.reason === 'personal-data',
  )
  if (personal.length > 0)
    warnings.push(`not read, because they look like personal data: ${personal.map((column) => column.name).join(', ')}`)
  return warnings
}
