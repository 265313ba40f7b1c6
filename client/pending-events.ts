import type { TrackInput } from '#contract/rpc'

/** Where unacknowledged events wait; `sessionStorage` in a page. */
export type PendingStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const KEY = 'pocketshelf:pending'
const MAX = 100

/**
 * Keeps events in the tab until the worker has them: a click on a link ends the page, and its worker with it,
 * before anything is written. The next page of the tab hands them over.
 */
export interface PendingEvents {
  add(events: readonly TrackInput[]): void
  /** Takes out the events that the worker has stored. */
  settle(events: readonly TrackInput[]): void
  /** Events of an earlier page of this tab; empties the store. */
  takeLeftOver(): TrackInput[]
  clear(): void
  /** Waits in another store from now on, or in none; what waits comes along. */
  moveTo(store: PendingStore | null): void
}

/** @param first - null where nothing may be kept; then events live as long as the page. */
export function createPendingEvents(first: PendingStore | null): PendingEvents {
  let store = first
  let waiting: readonly TrackInput[] = []
  const save = () => {
    try {
      if (waiting.length === 0) store?.removeItem(KEY)
      else store?.setItem(KEY, JSON.stringify(waiting.slice(-MAX)))
    } catch {
      waiting = waiting.slice(-MAX) // storage is full or forbidden: the events still travel, unless the page ends first
    }
  }
  return {
    add(events) {
      waiting = [...waiting, ...events]
      save()
    },
    settle(events) {
      waiting = waiting.filter((event) => !events.includes(event))
      save()
    },
    takeLeftOver() {
      const left = readEvents(store)
      save()
      return left
    },
    clear() {
      waiting = []
      save()
    },
    moveTo(next) {
      store = next
      save()
    },
  }
}

function readEvents(store: PendingStore | null): TrackInput[] {
  try {
    const parsed: unknown = JSON.parse(store?.getItem(KEY) ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isEvent) : []
  } catch {
    return [] // the page's own code wrote something else under the key
  }
}

function isEvent(value: unknown): value is TrackInput {
  return typeof value === 'object' && value !== null && 'type' in value && 'item' in value
}
