import { itemOfAttributes } from './item-attributes.ts'
import type { ImportSource, Sink } from './source.ts'
import { idOf, isRecord, jsonOf, pick, type SourceRecord, textOf, textsOf, timeOf } from './values.ts'

/**
 * Gorse: items and feedback as its REST API and its export write them (JSON, JSON lines, CSV with `|` in lists).
 * Fields: `ItemId, IsHidden, Categories, Timestamp, Labels, Comment` and `FeedbackType, UserId, ItemId, Timestamp, Comment`.
 */
export const GORSE: ImportSource = {
  events: {
    read: 'view',
    watch: 'view',
    star: 'favorite',
    bookmark: 'favorite',
    fork: 'favorite',
    upvote: 'like',
    downvote: 'dislike',
    buy: 'purchase',
    order: 'purchase',
    add_to_cart: 'cart',
  },
  read: (record, sink) => {
    if (pick(record, 'feedbackType') !== undefined) readFeedback(record, sink)
    else if (pick(record, 'itemId') !== undefined) readItem(record, sink)
    else if (pick(record, 'userId') !== undefined) sink.skip('user-record')
    else sink.refuse('unknown-record')
  },
}

function readFeedback(record: SourceRecord, sink: Sink) {
  const user = idOf(pick(record, 'userId'))
  const item = idOf(pick(record, 'itemId'))
  if (user === undefined) return sink.refuse('missing-user')
  if (item === undefined) return sink.refuse('missing-item')
  const time = pick(record, 'timestamp', 'timeStamp')
  const at = timeOf(time)
  if (time !== undefined && Number.isNaN(at)) return sink.refuse('unreadable-timestamp')
  sink.interaction({ user, item, at, event: textOf(pick(record, 'feedbackType')) ?? '', value: Number.NaN })
}

function readItem(record: SourceRecord, sink: Sink) {
  const id = idOf(pick(record, 'itemId'))
  if (id === undefined) return sink.refuse('id-not-usable')
  const labels = labelsOf(pick(record, 'labels'))
  const named = isRecord(labels) ? labels : {}
  const row = itemOfAttributes(id, {
    title: pick(record, 'comment', 'description'),
    ...named,
    categories: pick(record, 'categories'),
    createdAt: pick(record, 'timestamp', 'timeStamp'),
    isHidden: pick(record, 'isHidden'),
  })
  sink.item({ ...row, tags: [...new Set([...(row.tags ?? []), ...wordsOf(labels)])] })
}

/** Labels are a list, an object, JSON of either in a CSV field, or words with bars between them. */
function labelsOf(value: unknown): unknown {
  return typeof value === 'string' && /^[[{]/.test(value.trim()) ? jsonOf(value) : value
}

/** Lists are words; of an object only the lists are, single fields such as a title are not. */
function wordsOf(labels: unknown): string[] {
  if (!isRecord(labels)) return textsOf(labels)
  return Object.values(labels).flatMap((value) => (Array.isArray(value) ? textsOf(value) : []))
}
