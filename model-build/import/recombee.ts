import { itemOfAttributes } from './item-attributes.ts'
import type { ImportSource, RecordPlace, Sink } from './source.ts'
import { idOf, isRecord, pick, priceOf, type SourceRecord, textOf, timeOf } from './values.ts'

/** Names of interactions in paths, files and type columns, folded -> ours. */
const KINDS: Readonly<Record<string, string>> = {
  detailviews: 'view',
  purchases: 'purchase',
  cartadditions: 'cart',
  bookmarks: 'favorite',
  viewportions: 'view',
  ratings: 'rating',
}

/** From this on a rating (-1…1) is a like; below 0 it is a dislike. */
const LIKED_FROM = 0.5

/**
 * Recombee: interactions as the API lists them (`userId, itemId, timestamp` in epoch seconds or ISO, `amount`, `price`, `rating`), its
 * batches (`{"requests": [{path, params}]}`), CSV of the same, and items with their properties. What a plain interaction is, its file's
 * name says (`detail_views.csv`, `purchases.json`) or a column `type`.
 */
export const RECOMBEE: ImportSource = {
  events: {},
  unwrap: (record) => (Array.isArray(record.requests) ? record.requests : undefined),
  read: (record, sink, place) => {
    const call = typeof record.path === 'string' && isRecord(record.params) ? record.params : undefined
    const body = call ?? record
    const kind = kindOf(record, place)
    if (pick(body, 'userId') !== undefined && (kind !== undefined || pick(body, 'itemId') !== undefined))
      readInteraction(body, kind, sink)
    else if (call !== undefined) readCall(String(record.path), call, sink)
    else if (kind !== undefined) sink.refuse('missing-user')
    else if (pick(body, 'itemId') !== undefined) readItem(pick(body, 'itemId'), body, sink)
    else sink.refuse('unknown-record')
  },
}

function kindOf(record: SourceRecord, place: RecordPlace): string | undefined {
  const path = typeof record.path === 'string' ? record.path : undefined
  const given = path ?? textOf(pick(record, 'interactionType', 'type', 'event')) ?? place.fileName
  const folded = given.toLowerCase().replace(/[^a-z]/g, '')
  return Object.keys(KINDS).find((name) => folded.includes(name) || folded.includes(name.slice(0, -1)))
}

function readInteraction(body: SourceRecord, kind: string | undefined, sink: Sink) {
  const user = idOf(pick(body, 'userId'))
  const item = idOf(pick(body, 'itemId'))
  if (user === undefined) return sink.refuse('missing-user')
  if (item === undefined) return sink.refuse('missing-item')
  if (kind === undefined) return sink.refuse('unknown-record')
  const time = pick(body, 'timestamp')
  const at = timeOf(time)
  if (time !== undefined && Number.isNaN(at)) return sink.refuse('unreadable-timestamp')
  const event = kind === 'ratings' ? ratingEvent(pick(body, 'rating')) : KINDS[kind]
  if (event === undefined) return sink.skip('neutral-rating')
  const price = priceOf(pick(body, 'price'))
  const value = price === undefined ? Number.NaN : price * (priceOf(pick(body, 'amount')) ?? 1)
  sink.interaction({ user, item, at, event, value })
}

function ratingEvent(value: unknown): string | undefined {
  const rating = Number(textOf(value) ?? Number.NaN)
  if (rating >= LIKED_FROM) return 'like'
  return rating < 0 ? 'dislike' : undefined
}

/** Calls of a batch that are no interactions: `POST /items/ID` sets properties, calls about users are none of ours. */
function readCall(path: string, params: SourceRecord, sink: Sink) {
  const id = /\/items\/([^/]+)\/?$/.exec(path)?.[1]
  if (id !== undefined) return readItem(decodeURIComponent(id), params, sink)
  if (/\/users\//.test(path)) sink.skip('user-record')
  else sink.refuse('unknown-record')
}

function readItem(value: unknown, attributes: SourceRecord, sink: Sink) {
  const id = idOf(value)
  if (id === undefined) sink.refuse('id-not-usable')
  else sink.item(itemOfAttributes(id, attributes))
}
