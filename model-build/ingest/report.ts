import type { LogOrder } from '../dataset.ts'
import type { IgnoredColumn } from './personal-columns.ts'

/** Why a row could not be used at all. */
export type DropReason =
  | 'malformed-row'
  | 'missing-user'
  | 'missing-item'
  | 'id-too-long'
  | 'id-control-character'
  | 'beyond-retention'
  | 'unreadable-rating'

/** Why a sound row is no positive sign. */
export type IgnoreReason = 'below-min-rating' | 'not-positive-event'

/** What looks wrong about a row that is used all the same. */
export type FlagReason =
  | 'missing-timestamp'
  | 'unreadable-timestamp'
  | 'future-timestamp'
  | 'old-timestamp'
  | 'unknown-event'
  | 'duplicate-row'
  | 'robot-like-user'
  | 'volume-spike'
  | 'absurd-value'

/** What reading a log and a catalogue found. `rowsRead = rowsUsed + sum of dropped + sum of ignored`. */
export type IngestReport = {
  readonly rowsRead: number
  readonly rowsUsed: number
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  /** Sound rows that are no positive sign; they count as clean. */
  readonly ignored: Readonly<Partial<Record<IgnoreReason, number>>>
  /** Rows by reason; one row may count under several. */
  readonly flagged: Readonly<Partial<Record<FlagReason, number>>>
  /** Rows neither dropped nor flagged as a share of the rows read; 1 for an empty log. */
  readonly cleanShare: number
  readonly order: LogOrder
  /** Milliseconds since the epoch; NaN without real times. */
  readonly oldestAt: number
  readonly newestAt: number
  readonly users: number
  readonly items: number
  /** (user, item) pairs after repeated rows were merged. */
  readonly pairs: number
  readonly catalogue: CatalogueReport
  readonly ignoredColumns: readonly IgnoredColumn[]
  /** Sentences for people, most important first. */
  readonly warnings: readonly string[]
  /** Those of them that are about the log. */
  readonly logWarnings: readonly string[]
}

/** What reading the items files found. */
export type CatalogueReport = {
  readonly rowsRead: number
  readonly rowsUsed: number
  readonly dropped: Readonly<Record<string, number>>
  readonly flagged: Readonly<Record<string, number>>
  /** Items of the log that no items file names. */
  readonly onlyInLog: number
  readonly withoutTitle: number
}

/** Counts reasons while reading. */
export class ReasonCounts<R extends string> {
  readonly #counts = new Map<R, number>()

  add(reason: R, count = 1): void {
    if (count > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count)
  }

  total(): number {
    let sum = 0
    for (const count of this.#counts.values()) sum += count
    return sum
  }

  /** Reasons by descending count, ties by name. */
  toRecord(): Record<R, number> {
    const entries = [...this.#counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    return Object.fromEntries(entries) as Record<R, number> // keys are exactly the reasons that were added
  }
}
