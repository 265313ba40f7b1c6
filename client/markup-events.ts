import { EVENT_TYPES, type EventType } from '#contract/events'
import type { TrackInput } from '#contract/rpc'
import type { EventPlace } from './event-place.ts'

/** Elements that stand for an item; forms and orders hold several, or stand for one themselves. */
export const ITEM = '[data-item-id]'

/** What an element's `data-item-event` says; another type where it says nothing that is one. */
export function eventTypeOf({ dataset }: HTMLElement, otherwise: EventType): EventType {
  return EVENT_TYPES.find((type) => type === dataset.itemEvent) ?? otherwise
}

/** Tells where on the page an element stands that is about an item. */
export type Placer = (element: HTMLElement) => EventPlace

/**
 * One event for the item of an element, or for each item inside it, with its place, and with `data-item-value` and `data-item-currency`
 * where they are given.
 */
export function eventsOf(element: HTMLElement, type: EventType, placeOf: Placer): TrackInput[] {
  const items = element.dataset.itemId ? [element] : [...element.querySelectorAll<HTMLElement>(ITEM)]
  return items.flatMap((one) => {
    const { itemId, itemValue, itemCurrency } = one.dataset
    if (!itemId) return []
    const value = Number.parseFloat(itemValue ?? '')
    const worth = value >= 0 ? { value, ...(itemCurrency ? { currency: itemCurrency } : {}) } : {}
    return [{ type, item: itemId, ...worth, ...placeOf(one) }]
  })
}
