import { SIGNAL, type Signals } from '../dataset.ts'
import { EVENT_NAMES } from './events.ts'
import type { LogTimes } from './log-time.ts'
import type { LogRows } from './read-log.ts'
import { FLAG_BITS, type RowFate } from './validate.ts'

const codeOf = (name: (typeof EVENT_NAMES)[number]): number => EVENT_NAMES.indexOf(name)

/** What each event says of an item; others say nothing of rates. */
const KIND_OF = new Map([
  [codeOf('impression'), SIGNAL.shown],
  [codeOf('view'), SIGNAL.clicked],
  [codeOf('click'), SIGNAL.clicked],
  [codeOf('purchase'), SIGNAL.bought],
  [codeOf('like'), SIGNAL.opinion],
  [codeOf('favorite'), SIGNAL.opinion],
  [codeOf('dislike'), SIGNAL.opinion],
  [codeOf('hide'), SIGNAL.opinion],
])

const AGAINST: readonly number[] = [codeOf('dislike'), codeOf('hide')]

/** Rows that rates can be counted from; null where the log has neither showings nor purchases nor opinions nor money. */
export function readSignals(
  rows: LogRows,
  times: LogTimes,
  fate: RowFate,
  indices: { readonly userIndex: Int32Array; readonly itemIndex: Int32Array },
): Signals | null {
  const scale = ratingScale(rows)
  const kept: number[] = []
  const kinds: number[] = []
  for (let row = 0; row < rows.rowCount; row++) {
    const kind = Number.isNaN(rows.rating[row]) ? KIND_OF.get(rows.event[row]) : SIGNAL.opinion
    if (kind === undefined || fate.isDropped[row] === 1 || indices.itemIndex[rows.item[row]] < 0) continue
    kept.push(row)
    kinds.push(kind)
  }
  const value = Float32Array.from(kept, (row) =>
    (fate.flags[row] & FLAG_BITS['absurd-value']) === 0 ? rows.value[row] : Number.NaN,
  )
  if (kinds.every((kind) => kind === SIGNAL.clicked) && value.every((money) => Number.isNaN(money))) return null
  const personOf = people(rows, indices.userIndex)
  return {
    user: Int32Array.from(kept, (row) => personOf[rows.user[row]]),
    item: Int32Array.from(kept, (row) => indices.itemIndex[rows.item[row]]),
    at: Float64Array.from(kept, (row) => times.key[row]),
    kind: Uint8Array.from(kinds),
    opinion: Float32Array.from(kept, (row) =>
      Number.isNaN(rows.rating[row]) ? (AGAINST.includes(rows.event[row]) ? 0 : 1) : scale(rows.rating[row]),
    ),
    value,
  }
}

/** Index in the dataset of each user of the log; those without a used row follow behind. */
function people(rows: LogRows, userIndex: Int32Array): Int32Array {
  const indexOf = new Int32Array(rows.users.length).fill(-1)
  userIndex.forEach((user, index) => {
    indexOf[user] = index
  })
  let next = userIndex.length
  return indexOf.map((index) => (index < 0 ? next++ : index))
}

/** Ratings on 0 … 1, from the least to the best of the log. */
function ratingScale(rows: LogRows): (rating: number) => number {
  let [least, best] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const rating of rows.rating) {
    if (!Number.isFinite(rating)) continue
    least = Math.min(least, rating)
    best = Math.max(best, rating)
  }
  return (rating) => (best > least && Number.isFinite(rating) ? (rating - least) / (best - least) : 0.5)
}
