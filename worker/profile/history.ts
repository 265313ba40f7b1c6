import { type DeviceEvent, EVENT_WEIGHTS } from '#contract/events'
import { LIMITS } from '#contract/limits'

/** What events amount to. */
export type Summary = {
  /** Items the visitor chose, latest first, each once, with the time of its latest positive event. */
  readonly liked: readonly { readonly id: string; readonly at: number }[]
  /** Items the visitor does not want to see. */
  readonly blocked: ReadonlySet<string>
  /** Times an item was shown since it was last chosen. */
  readonly shown: ReadonlyMap<string, number>
}

/**
 * Sums events up in the order of their time. A dislike or hide takes an item out of the history and blocks it; a later like,
 * favourite, cart or purchase takes the block back, a mere view or click does not.
 */
export function summarise(events: readonly DeviceEvent[]): Summary {
  const liked = new Map<string, number>()
  const blocked = new Set<string>()
  const shown = new Map<string, number>()
  for (const { type, item, at } of events) {
    const weight = EVENT_WEIGHTS[type]
    if (type === 'impression') shown.set(item, (shown.get(item) ?? 0) + 1)
    if (weight < 0) {
      liked.delete(item)
      blocked.add(item)
    }
    if (weight > 1) blocked.delete(item)
    if (weight <= 0 || blocked.has(item)) continue
    shown.delete(item)
    liked.delete(item) // set again at the end: a map keeps the order of insertion
    liked.set(item, at)
  }
  const latest = [...liked].map(([id, at]) => ({ id, at })).reverse()
  return { liked: latest.slice(0, LIMITS.historyItems), blocked, shown }
}
