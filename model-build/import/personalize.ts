import { itemOfAttributes } from './item-attributes.ts'
import type { ImportSource, RecordPlace, Sink } from './source.ts'
import { idOf, isRecord, jsonOf, pick, priceOf, type SourceRecord, textOf, textsOf, timeOf } from './values.ts'

/**
 * Amazon Personalize: the interactions and items CSV of a dataset (`USER_ID, ITEM_ID, TIMESTAMP` in seconds, `EVENT_TYPE, EVENT_VALUE,
 * IMPRESSION`; lists have bars between them) and the bodies of PutEvents and PutItems.
 */
export const PERSONALIZE: ImportSource = {
  events: { watch: 'view', click: 'click', addtocart: 'cart', add_to_cart: 'cart', download: 'view', viewed: 'view' },
  unwrap: (record) => {
    if (Array.isArray(record.eventList))
      return record.eventList.map((event) =>
        isRecord(event) ? { ...event, userId: record.userId ?? record.sessionId } : event,
      )
    return Array.isArray(record.items) ? record.items : undefined
  },
  read: (record, sink, place) => {
    const isEvent = ['eventType', 'sentAt'].some((name) => pick(record, name) !== undefined)
    if (isEvent || (pick(record, 'userId') !== undefined && pick(record, 'itemId') !== undefined))
      readEvent(record, sink, place)
    else if (pick(record, 'itemId') !== undefined) readItem(record, sink)
    else if (pick(record, 'userId') !== undefined) sink.skip('user-record')
    else sink.refuse('unknown-record')
  },
}

function readEvent(record: SourceRecord, sink: Sink, place: RecordPlace) {
  const user = idOf(pick(record, 'userId'))
  const item = idOf(pick(record, 'itemId') ?? pick(propertiesOf(record), 'itemId'))
  if (user === undefined) return sink.refuse('missing-user')
  if (item === undefined) return sink.refuse('missing-item')
  const at = timeOf(pick(record, 'timestamp', 'sentAt'))
  if (Number.isNaN(at)) return sink.refuse('unreadable-timestamp')
  const value = priceOf(pick(record, 'eventValue')) ?? Number.NaN
  const event = (textOf(pick(record, 'eventType')) ?? 'view').toLowerCase()
  sink.interaction({ user, item, at, event, value: event === 'purchase' ? value : Number.NaN })
  const shown = textsOf(pick(record, 'impression'))
  if (!place.impressions) return shown.length > 0 ? sink.skip('impression') : undefined
  for (const id of shown) sink.interaction({ user, item: id, at, event: 'impression', value: Number.NaN })
}

/** `properties` is JSON in a text. */
function propertiesOf(record: SourceRecord): SourceRecord {
  const value = typeof record.properties === 'string' ? jsonOf(record.properties) : record.properties
  return isRecord(value) ? value : {}
}

function readItem(record: SourceRecord, sink: Sink) {
  const id = idOf(pick(record, 'itemId'))
  if (id === undefined) sink.refuse('id-not-usable')
  else sink.item(itemOfAttributes(id, { ...record, ...propertiesOf(record) }))
}
