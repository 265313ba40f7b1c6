import type { TrackInput } from '#contract/rpc'

/** Where unacknowledged events wait; `sessionStorage` in a page. */
export type PendingStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const MAX = 100

/**
 * Keeps events in the tab until the worker has them: a click on a link ends the page, and its worker with it,
 * before anything is written. The next page of the tab hands them over.
 */
export interface PendingEvents {
  /** Events of earlier pages of this tab; they wait with those of this page. */
  readonly leftOver: readonly TrackInput[]
  add(events: readonly TrackInput[]): void
  /** Takes out the events that the worker has stored, or will never store. */
  settle(events: readonly TrackInput[]): void
  clear(): void
  /** Waits in another store from now on, or in none; what waits comes along. */
  moveTo(store: PendingStore | null): void
}

/**
 * @param first - null where nothing may be kept; then events live as long as the page.
 * @param name - Of the site at its edge: two of one origin keep their events apart.
 */
export function createPendingEvents(first: PendingStore | null, name: string): PendingEvents {
  const key = `pocketshelf:pending:${name}`
  let store = first
  const leftOver = readEvents(store, key)
  let waiting: readonly TrackInput[] = leftOver
  const save = () => {
    try {
      if (waiting.length === 0) store?.removeItem(key)
      else store?.setItem(key, JSON.stringify(waiting.slice(-MAX)))
    } catch {
      waiting = waiting.slice(-MAX) // storage is full or forbidden: the events still travel, unless the page ends first
    }
  }
  return {
    leftOver,
    add(events) {
      waiting = [...waiting, ...events]
      save()
    },
    settle(events) {
      waiting = waiting.filter((event) => !events.includes(event))
      save()
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

function readEvents(store: PendingStore | null, key: string): TrackInput[] {
  try {
    const parsed: unknown = JSON.parse(store?.getItem(key) ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isEvent) : []
  } catch {
    return [] // the page's own code wrote something else under the key
  }
}

function isEvent(value: unknown): value is TrackInput {
  return typeof value === 'object' && value !== null && 'type' in value && 'item' in value
}
