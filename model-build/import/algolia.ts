import { itemOfAttributes } from './item-attributes.ts'
import type { ImportSource, Sink } from './source.ts'
import { idOf, isRecord, pick, priceOf, type SourceRecord, textOf, timeOf } from './values.ts'

/**
 * Algolia: events of the Insights API (`{"events": […]}`, lists or lines; `timestamp` in milliseconds), the CSV of Recommend
 * (`userToken,timestamp,objectID,eventType,eventName`, ISO dates) and records of an index (`objectID` and attributes).
 */
export const ALGOLIA: ImportSource = {
  events: { conversion: 'purchase', addtocart: 'cart' },
  unwrap: (record) =>
    Array.isArray(record.events) ? record.events : Array.isArray(record.hits) ? record.hits : undefined,
  read: (record, sink) => {
    if (pick(record, 'eventType') !== undefined) readEvent(record, sink)
    else if (pick(record, 'objectID') !== undefined) readItem(record, sink)
    else sink.refuse('unknown-record')
  },
}

function readEvent(record: SourceRecord, sink: Sink) {
  const user = idOf(pick(record, 'authenticatedUserToken')) ?? idOf(pick(record, 'userToken'))
  if (user === undefined) return sink.refuse('missing-user')
  const time = pick(record, 'timestamp')
  const at = timeOf(time)
  if (time !== undefined && Number.isNaN(at)) return sink.refuse('unreadable-timestamp')
  const objects = Array.isArray(record.objectIDs) ? record.objectIDs : [pick(record, 'objectID')]
  if (objects.every((id) => id === undefined)) {
    if (record.filters === undefined) sink.refuse('missing-item')
    else sink.skip('no-item-named')
    return
  }
  const event = eventOf(record)
  for (const [index, object] of objects.entries()) {
    const item = idOf(object)
    if (item === undefined) sink.refuse('id-not-usable')
    else sink.interaction({ user, item, at, event, value: moneyOf(record, index, objects.length) })
  }
}

/** A conversion without a subtype is named by people: "Added to cart", "Wishlist", "Order completed". */
function eventOf(record: SourceRecord): string {
  const type = (textOf(pick(record, 'eventType')) ?? '').toLowerCase()
  if (type !== 'conversion') return type
  const subtype = (textOf(pick(record, 'eventSubtype')) ?? '').toLowerCase()
  if (subtype !== '') return subtype
  const name = (textOf(pick(record, 'eventName')) ?? '').toLowerCase()
  if (/cart|basket|\bbag\b/.test(name)) return 'cart'
  return /wish|favou?rite|bookmark|saved/.test(name) ? 'favorite' : 'conversion'
}

/** Price times quantity of the object, else the event's value where it has one object. */
function moneyOf(record: SourceRecord, index: number, count: number): number {
  const data: unknown = Array.isArray(record.objectData) ? record.objectData[index] : undefined
  const price = isRecord(data) ? priceOf(data.price) : undefined
  if (isRecord(data) && price !== undefined) return price * (priceOf(data.quantity) ?? 1)
  return (count === 1 ? priceOf(record.value) : undefined) ?? Number.NaN
}

function readItem(record: SourceRecord, sink: Sink) {
  const id = idOf(pick(record, 'objectID'))
  if (id === undefined) return sink.refuse('id-not-usable')
  const levels = pick(record, 'hierarchicalCategories')
  const lists = isRecord(levels) ? Object.values(levels) : []
  sink.item(itemOfAttributes(id, lists.length === 0 ? record : { ...record, categories: lists.at(-1) }))
}
