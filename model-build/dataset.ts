/** What is known of the order of a log's rows: `none` (no order at all), `order` (a sequence without real times), `time` (real timestamps). */
export type LogOrder = 'none' | 'order' | 'time'

/**
 * A log of interactions, grouped by user and, within a user, oldest first (by time, ties and missing times by input row).
 * All arrays but `userOffsets` have one entry per interaction. Arrays are shared, never written to after construction.
 */
export type Interactions = {
  /** Number of users; rows of user u are `userOffsets[u] … userOffsets[u + 1] - 1`. */
  readonly userCount: number
  readonly itemCount: number
  /** Length userCount + 1. */
  readonly userOffsets: Int32Array
  /** Index into the dataset's `items`. */
  readonly item: Int32Array
  /** Confidence weight of the row, > 0; 1 where the log says nothing. */
  readonly weight: Float32Array
  /** Milliseconds since the epoch, UTC; NaN where unknown. */
  readonly at: Float64Array
  readonly order: LogOrder
}

/** One catalogue item's public attributes; every field but `id` may be absent from the source. */
export type CatalogueItem = {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly url: string
  readonly image: string
  /** Major currency units, NaN when unknown. */
  readonly price: number
  /** Milliseconds since the epoch, NaN when unknown. */
  readonly createdAt: number
  readonly tags: readonly string[]
  readonly available: boolean
  /** A vector made elsewhere, of one length for all items that have one; absent where the source has none. */
  readonly vector?: Float32Array
}

/** Kinds of `Signals`. */
export const SIGNAL = { shown: 0, clicked: 1, bought: 2, opinion: 3 } as const

/** Rows that rates of items are counted from, repeated ones included; one entry per row, in input order. */
export type Signals = {
  /** Index into the dataset's `users`, or behind them for people without a used row. */
  readonly user: Int32Array
  readonly item: Int32Array
  /** Milliseconds, NaN unknown. */
  readonly at: Float64Array
  /** One of SIGNAL. */
  readonly kind: Uint8Array
  /** 0 (against) … 1 (for); only for opinions. */
  readonly opinion: Float32Array
  /** Money, NaN where the log says none that can be believed. */
  readonly value: Float32Array
}

/** A validated log with its catalogue. `users[u]` and `items[i]` name the indices used in `interactions`. */
export type Dataset = {
  readonly users: readonly string[]
  readonly items: readonly CatalogueItem[]
  readonly interactions: Interactions
  /** Absent where the log says nothing of rates or money. */
  readonly signals?: Signals
}
