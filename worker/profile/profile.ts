import type { DeviceEvent } from '#contract/events'
import type { HistoryItem } from '#contract/features'
import type { ConsentRecord, Preferences } from '#contract/rpc'
import type { EngineDeps } from '../deps.ts'
import type { ArmDraw } from '../release/canary.ts'
import { toBase64Url } from '../release/verify.ts'
import type { ProfileChange } from '../store/ports.ts'
import { consentOf } from './consent.ts'
import { type GuardedStore, settingOf } from './guarded-store.ts'
import { type Summary, summarise } from './history.ts'

/** What is kept of a history's item, so that the fold-in works when its cell is gone. */
export type Snapshot = Omit<HistoryItem, 'at'> & { readonly spaceId: string }

type KeyedEvent = { readonly key: string; readonly event: DeviceEvent }

/** Events kept beside impressions, and impressions; the oldest go first. */
const EVENT_LIMIT = 5_000
const IMPRESSION_LIMIT = 2_000

/** Pruning runs when a limit is passed by this many, not at every event. */
const SLACK = 200

const TIME_DIGITS = 16

/** The visitor said nothing. */
const NO_PREFERENCES: Preferences = { surprise: 0.5, muted: [] }

/** The visitor as this device knows them: kept in memory, written through to the store. */
export class Profile {
  readonly snapshots = new Map<string, Snapshot>()
  consent: ConsentRecord | null = null
  draw: ArmDraw | null = null
  preferences: Preferences = NO_PREFERENCES
  /** Grows with every change of events. */
  version = 0
  /** The store refused this page's choice: then memory alone has it. */
  #isConsentLost = false
  readonly #store: GuardedStore
  readonly #deps: Pick<EngineDeps, 'nowMs' | 'randomBytes'>
  #events: KeyedEvent[] = []
  #summary: Summary | null = null
  #count = 0

  constructor(store: GuardedStore, deps: Pick<EngineDeps, 'nowMs' | 'randomBytes'>) {
    this.#store = store
    this.#deps = deps
  }

  /** Reads everything from the store; what cannot be read leaves the memory as it is, and a store that is behind tells the consent alone. */
  async load(): Promise<void> {
    if (this.#store.isBehind) return this.loadConsent()
    const { version } = this
    const [events, snapshots, settings] = await Promise.all([
      this.#store.read('events'),
      this.#store.read('snapshots'),
      this.#store.read('settings'),
    ])
    if (version !== this.version) return this.load() // what happened meanwhile is newer than what was read
    // records of our own schema version
    if (events !== null) this.#set(events.map(({ key, value }) => ({ key, event: value as DeviceEvent })))
    if (snapshots !== null) {
      this.snapshots.clear()
      for (const { key, value } of snapshots) this.snapshots.set(key, value as Snapshot)
    }
    if (settings === null) return
    if (!this.#isConsentLost) this.consent = consentOf(settings)
    this.draw = (settingOf(settings, 'draw') as ArmDraw | undefined) ?? null
    this.preferences = (settingOf(settings, 'preferences') as Preferences | undefined) ?? NO_PREFERENCES
  }

  /** Reads the consent anew: another tab may have changed it. */
  async loadConsent(): Promise<void> {
    if (this.#isConsentLost) return
    const settings = await this.#store.read('settings')
    if (settings !== null) this.consent = consentOf(settings)
  }

  /** Whether this very event is known: a page that is left in the middle of a call hands its events to the next one as well. */
  has({ type, item, at }: DeviceEvent): boolean {
    return this.#events.some(({ event }) => event.at === at && event.item === item && event.type === type)
  }

  get events(): readonly DeviceEvent[] {
    return this.#events.map(({ event }) => event)
  }

  get summary(): Summary {
    this.#summary ??= summarise(this.events)
    return this.#summary
  }

  /** Adds events. @returns Whether they are stored beyond this page. */
  async add(events: readonly DeviceEvent[]): Promise<boolean> {
    const keyed = events.map((event) => ({ key: this.#keyOf(event), event }))
    const { kept, dropped } = prune([...this.#events, ...keyed].sort(byKey))
    this.#set(kept)
    return this.#store.write([
      ...keyed.map(({ key, event }): ProfileChange => ({ kind: 'events', key, value: event })),
      ...dropped.map(({ key }): ProfileChange => ({ kind: 'events', key, value: undefined })),
    ])
  }

  /** Removes every event of an item and its snapshot. @returns Events removed. */
  async remove(item: string): Promise<number> {
    const gone = this.#events.filter(({ event }) => event.item === item)
    this.#set(this.#events.filter(({ event }) => event.item !== item))
    this.snapshots.delete(item)
    await this.#store.write([
      ...gone.map(({ key }): ProfileChange => ({ kind: 'events', key, value: undefined })),
      { kind: 'snapshots', key: item, value: undefined },
    ])
    return gone.length
  }

  /** Keeps item snapshots by text id. */
  async keepSnapshots(entries: ReadonlyMap<string, Snapshot>): Promise<void> {
    for (const [id, snapshot] of entries) this.snapshots.set(id, snapshot)
    await this.#store.write([...entries].map(([key, value]) => ({ kind: 'snapshots', key, value })))
  }

  async setConsent(record: ConsentRecord): Promise<void> {
    this.consent = record
    this.#isConsentLost = !(await this.#store.write([{ kind: 'settings', key: 'consent', value: record }]))
  }

  async setDraw(draw: ArmDraw): Promise<void> {
    if (this.draw?.epoch === draw.epoch && this.draw.uniform === draw.uniform) return
    this.draw = draw
    await this.#store.write([{ kind: 'settings', key: 'draw', value: draw }])
  }

  async setPreferences(preferences: Preferences): Promise<void> {
    this.preferences = preferences
    await this.#store.write([{ kind: 'settings', key: 'preferences', value: preferences }])
  }

  /** Forgets in memory; the store is cleared by whoever owns it. */
  reset(): void {
    this.snapshots.clear()
    this.consent = null
    this.#isConsentLost = false
    this.draw = null
    this.preferences = NO_PREFERENCES
    this.#set([])
  }

  #set(events: KeyedEvent[]): void {
    this.#events = events
    this.#summary = null
    this.version++
  }

  /** Time of the event, time of arrival, place within it: keys sort as events happened, in later sessions too. */
  #keyOf({ at }: DeviceEvent): string {
    const digits = (value: number, length: number): string => Math.floor(value).toString().padStart(length, '0')
    const random = toBase64Url(this.#deps.randomBytes(6))
    return `${digits(at, TIME_DIGITS)}-${digits(this.#deps.nowMs(), TIME_DIGITS)}-${digits(this.#count++, 8)}-${random}`
  }
}

function byKey(a: KeyedEvent, b: KeyedEvent): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function prune(events: KeyedEvent[]): { kept: KeyedEvent[]; dropped: KeyedEvent[] } {
  const impressions = events.filter(({ event }) => event.type === 'impression').length
  const others = events.length - impressions
  if (impressions <= IMPRESSION_LIMIT + SLACK && others <= EVENT_LIMIT + SLACK) return { kept: events, dropped: [] }
  let excessImpressions = impressions - IMPRESSION_LIMIT
  let excess = others - EVENT_LIMIT
  const kept: KeyedEvent[] = []
  const dropped: KeyedEvent[] = []
  for (const entry of events) {
    const over = entry.event.type === 'impression' ? excessImpressions-- > 0 : excess-- > 0
    if (over) dropped.push(entry)
    else kept.push(entry)
  }
  return { kept, dropped }
}
