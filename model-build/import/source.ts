import type { InteractionRow, ItemRow } from './rows.ts'
import type { SourceRecord } from './values.ts'

/** Why a record, or a part of one, gave no row. */
export type RefusalReason =
  | 'malformed-record'
  | 'missing-user'
  | 'missing-item'
  | 'id-not-usable'
  | 'unreadable-timestamp'
  | 'unknown-record'

/** Records that are sound but are none of ours. */
export type SkipReason = 'user-record' | 'impression' | 'neutral-rating' | 'no-item-named'

/** Where a source puts what it finds in a record. */
export type Sink = {
  readonly interaction: (row: InteractionRow) => void
  /** Later rows of an id fill in and replace fields of earlier ones; `at` orders them where a file is not in order. */
  readonly item: (row: ItemRow, at?: number) => void
  readonly refuse: (reason: RefusalReason) => void
  readonly skip: (reason: SkipReason) => void
}

/** What a source may look at beside the record. */
export type RecordPlace = {
  /** Without folders, lower case. */
  readonly fileName: string
  /** Whether shown lists become `impression` rows. */
  readonly impressions: boolean
}

/** A system that files come from. */
export type ImportSource = {
  /** Its names for events, lower case -> ours. */
  readonly events: Readonly<Record<string, string>>
  /** Records inside a record, such as the list of a batch; undefined where the record stands for itself. */
  readonly unwrap?: (record: SourceRecord) => readonly unknown[] | undefined
  readonly read: (record: SourceRecord, sink: Sink, place: RecordPlace) => void
}
