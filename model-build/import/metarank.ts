import { itemOfAttributes } from './item-attributes.ts'
import type { ImportSource, RecordPlace, Sink } from './source.ts'
import { idOf, isRecord, pick, priceOf, type SourceRecord, textOf, timeOf } from './values.ts'

/**
 * Metarank: one JSON object a line with `event: item | user | ranking | interaction`, `fields: [{name, value}]` and `timestamp` in
 * milliseconds (number or text) or ISO. An item's later events fill in and replace fields of the earlier ones.
 */
export const METARANK: ImportSource = {
  events: { add_to_cart: 'cart', buy: 'purchase', bookmark: 'favorite', watch: 'view' },
  read: (record, sink, place) => {
    const at = timeOf(record.timestamp)
    if (Number.isNaN(at)) return sink.refuse('unreadable-timestamp')
    if (record.event === 'item') readItem(record, at, sink)
    else if (record.event === 'interaction') readInteraction(record, at, sink)
    else if (record.event === 'ranking') readRanking(record, at, { sink, place })
    else if (record.event === 'user') sink.skip('user-record')
    else sink.refuse('unknown-record')
  },
}

/** A visitor without a name is known by the session. */
function userOf(record: SourceRecord): string | undefined {
  return idOf(record.user) ?? idOf(record.session)
}

function readItem(record: SourceRecord, at: number, sink: Sink) {
  const id = idOf(record.item)
  if (id === undefined) return sink.refuse('missing-item')
  const row = itemOfAttributes(id, fieldsOf(record))
  sink.item(row, at)
}

function readInteraction(record: SourceRecord, at: number, sink: Sink) {
  const user = userOf(record)
  const item = idOf(record.item)
  if (user === undefined) return sink.refuse('missing-user')
  if (item === undefined) return sink.refuse('missing-item')
  const value = priceOf(pick(fieldsOf(record), 'value', 'revenue', 'amount', 'price')) ?? Number.NaN
  sink.interaction({ user, item, at, event: textOf(record.type) ?? 'click', value })
}

function readRanking(
  record: SourceRecord,
  at: number,
  { sink, place }: { readonly sink: Sink; readonly place: RecordPlace },
) {
  if (!place.impressions) return sink.skip('impression')
  const user = userOf(record)
  if (user === undefined) return sink.refuse('missing-user')
  for (const entry of Array.isArray(record.items) ? record.items : []) {
    const item = isRecord(entry) ? idOf(entry.id) : idOf(entry)
    if (item === undefined) sink.refuse('missing-item')
    else sink.interaction({ user, item, at, event: 'impression', value: Number.NaN })
  }
}

function fieldsOf(record: SourceRecord): SourceRecord {
  const fields = Array.isArray(record.fields) ? record.fields : []
  return Object.fromEntries(
    fields.flatMap((field) => (isRecord(field) && typeof field.name === 'string' ? [[field.name, field.value]] : [])),
  )
}
