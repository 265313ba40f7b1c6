import { EVENT_TYPES, type EventType } from '#contract/events'
import type { TrackInput } from '#contract/rpc'

/** Elements that stand for an item; forms and orders hold several, or stand for one themselves. */
export const ITEM = '[data-item-id]'

/** What an element's `data-item-event` says; another type where it says nothing that is one. */
export function eventTypeOf({ dataset }: HTMLElement, otherwise: EventType): EventType {
  return EVENT_TYPES.find((type) => type === dataset.itemEvent) ?? otherwise
}

/** One event for the item of an element, or for each item inside it, with `data-item-value` and `data-item-currency` where they are given. */
export function eventsOf(element: HTMLElement, type: EventType): TrackInput[] {
  const items = element.dataset.itemId ? [element] : [...element.querySelectorAll<HTMLElement>(ITEM)]
  return items.flatMap(({ dataset: { itemId, itemValue, itemCurrency } }) => {
    if (!itemId) return []
    const value = Number.parseFloat(itemValue ?? '')
    const worth = value >= 0 ? { value, ...(itemCurrency ? { currency: itemCurrency } : {}) } : {}
    return [{ type, item: itemId, ...worth }]
  })
}
