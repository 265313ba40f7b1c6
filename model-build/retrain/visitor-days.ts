import type { EventType, WireEvent } from '#contract/events'
import type { EdgeClient } from '../publish/edge-client.ts'

/** Items that mean something to one visitor on one day, by index, in the order in which they first came up. */
export type VisitorDay = { readonly pseudonym: string; readonly items: readonly number[] }

/** All first-party events that an edge still holds, as visitors' days. */
export type VisitorDays = {
  readonly days: readonly VisitorDay[]
  readonly events: number
  /** Events after `since`. */
  readonly newEvents: number
  /** Events on items that the catalogue and the log do not know. */
  readonly unknownItems: number
  /** Start of the UTC day of the newest event, ms; NaN without events. */
  readonly newestDay: number
  /** Where the export ended. */
  readonly cursor: number
}

export type PullOptions = {
  readonly itemIndex: ReadonlyMap<string, number>
  /** Weight of an event type as evidence; those above 0 count. */
  readonly weightOf: (type: EventType) => number
  /** Cursor of the retraining before. */
  readonly since: number
  readonly onPage: (events: number) => void
}

const DAY_MS = 86_400_000

/**
 * Reads the events of a site page by page. Everything that the edge keeps is read each time and nothing is stored here: what a visitor
 * had deleted, or what is older than 30 days, is then gone from the next release as well. A pseudonym lives for a day on its device, so that
 * it stands for a visitor's day. An item that was disliked or hidden does not count for that day.
 */
export async function pullVisitorDays(client: EdgeClient, options: PullOptions): Promise<VisitorDays> {
  const { itemIndex, weightOf, since } = options
  const byPseudonym = new Map<string, Map<number, boolean>>()
  let events = 0
  let newEvents = 0
  let unknownItems = 0
  let newest = Number.NaN
  let cursor = 0
  for (let isEnd = false; !isEnd; ) {
    const page = await client.events(cursor)
    for (const { seq, event } of page.events) {
      events++
      if (seq > since) newEvents++
      if (!(event.at <= newest)) newest = event.at
      const item = itemIndex.get(event.item)
      if (item === undefined) unknownItems++
      else note(byPseudonym, event, { item, isWanted: weightOf(event.type) > 0 })
    }
    ;({ cursor, isEnd } = page)
    options.onPage(events)
  }
  const days = Array.from(byPseudonym, ([pseudonym, items]) => ({
    pseudonym,
    items: Array.from(items.entries()).flatMap(([item, isWanted]) => (isWanted ? [item] : [])),
  }))
  return { days, events, newEvents, unknownItems, newestDay: Math.floor(newest / DAY_MS) * DAY_MS, cursor }
}

const UNWANTED: ReadonlySet<EventType> = new Set(['dislike', 'hide'])

function note(
  byPseudonym: Map<string, Map<number, boolean>>,
  { pseudonym, type }: WireEvent,
  { item, isWanted }: { readonly item: number; readonly isWanted: boolean },
): void {
  const isRefused = UNWANTED.has(type)
  if (!isWanted && !isRefused) return
  const day = byPseudonym.get(pseudonym) ?? new Map<number, boolean>()
  byPseudonym.set(pseudonym, day)
  if (isRefused) day.set(item, false)
  else if (!day.has(item)) day.set(item, true)
}
