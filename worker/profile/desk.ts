import { RecError } from '#contract/errors'
import type { DeviceEvent } from '#contract/events'
import { isItemId } from '#contract/limits'
import type {
  ConsentMode,
  ConsentRecord,
  EngineOptions,
  FeedbackStatus,
  ForgetOptions,
  Preferences,
  ProfileExport,
  TrackInput,
} from '#contract/rpc'
import type { EngineDeps, TabMessage } from '../deps.ts'
import type { PrivateLoop } from '../feedback/private-loop.ts'
import type { NextLists } from '../next-lists.ts'
import { effectiveMode, parseConsent } from './consent.ts'
import type { Deletions } from './deletions.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { Outbox } from './outbox.ts'
import { changePreferences } from './preferences.ts'
import type { Profile } from './profile.ts'
import { parseDeviceEvent, stampEvents } from './track-input.ts'

const IMPORT_LIMIT = 20_000

export type DeskParts = {
  readonly deps: EngineDeps
  readonly options: EngineOptions
  readonly profile: Profile
  readonly outbox: Outbox
  readonly store: GuardedStore
  readonly deletions: Deletions
  readonly loop: PrivateLoop
  readonly next: NextLists
  /** The release that events belong to. */
  readonly origin: () => { readonly release?: string; readonly arm?: string }
  /** Events of this page changed what lists depend on. */
  readonly changed: () => void
  readonly post: (message: TabMessage) => void
}

/** Everything the visitor's page can do with the profile. */
export class ProfileDesk {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** What may leave the device now. */
  get mode(): ConsentMode {
    const { options, profile, deps } = this.#parts
    return effectiveMode(options, profile.consent, deps)
  }

  /** Remembers events; they count from the next answer on. @returns Events taken. @throws RecError `bad-request`, `too-large` */
  async track(inputs: readonly TrackInput[]): Promise<number> {
    const { deps, origin, profile, outbox } = this.#parts
    const now = deps.nowMs()
    const stamped = stampEvents(inputs, { now, tzOffsetMin: deps.tzOffsetMin(now), ...origin() })
    const isNew = (at: number) => inputs[at].at === undefined || !profile.has(stamped[at])
    const events = stamped.filter((_, at) => isNew(at))
    if (events.length === 0) return inputs.length
    const stored = profile.add(events)
    if (events.some(({ type }) => type !== 'impression')) this.#changed()
    else this.#parts.next.seen()
    await stored
    if (this.mode === 'first-party') await outbox.add(events)
    await this.#parts.loop.tracked(events)
    this.#parts.post({ type: 'profile' })
    return inputs.length
  }

  /** What the visitor did, latest first, impressions apart. */
  history(): readonly DeviceEvent[] {
    return this.#parts.profile.events.filter(({ type }) => type !== 'impression').reverse()
  }

  async remove(item: string): Promise<number> {
    if (!isItemId(item)) throw new RecError('bad-request', 'not an item id', { field: 'id' })
    const removed = await this.#parts.profile.remove(item)
    await this.#parts.outbox.removeItem(item)
    this.#told()
    return removed
  }

  export(): ProfileExport {
    const { profile, options, deps } = this.#parts
    const { events, preferences } = profile
    return { v: 1, site: options.site, exportedAt: deps.nowMs(), events, preferences }
  }

  /** Adds an exported profile's events to what is here, without repeats. None of them is sent. @throws RecError `bad-request` */
  async import(exported: ProfileExport): Promise<number> {
    const { profile, options } = this.#parts
    if (typeof exported !== 'object' || exported === null || exported.v !== 1 || !Array.isArray(exported.events))
      throw new RecError('bad-request', 'not an exported profile', { field: 'v' })
    if (exported.site !== options.site)
      throw new RecError('bad-request', 'the profile is of another site', { field: 'site' })
    if (exported.events.length > IMPORT_LIMIT)
      throw new RecError('too-large', 'the profile has too many events', { events: exported.events.length })
    const known = new Set(profile.events.map(identify))
    const events = exported.events.map(parseDeviceEvent).filter((event) => !known.has(identify(event)))
    const preferences = changePreferences(profile.preferences, exported.preferences ?? {})
    await profile.add(events)
    await profile.setPreferences(preferences)
    this.#told()
    return events.length
  }

  preferences(): Preferences {
    return this.#parts.profile.preferences
  }

  /** Changes what is named; it counts from the next answer on. @throws RecError `bad-request` */
  async setPreferences(change: Partial<Preferences>): Promise<Preferences> {
    const { profile } = this.#parts
    await profile.setPreferences(changePreferences(profile.preferences, change))
    this.#told()
    return profile.preferences
  }

  /** Takes the visitor's choice; leaving first-party mode empties the outbox. @throws RecError `bad-request` */
  async setConsent(record: ConsentRecord): Promise<ConsentMode> {
    const { profile, outbox } = this.#parts
    await profile.setConsent(parseConsent(record))
    if (this.mode !== 'first-party') await outbox.drop()
    await this.#parts.loop.modeChanged()
    this.#parts.post({ type: 'profile' })
    return this.mode
  }

  /** What private feedback charged and sent. */
  feedback(): Promise<FeedbackStatus> {
    return this.#parts.loop.status()
  }

  /**
   * Erases everything that the visitor did here, in this and other tabs, and asks the edge to delete what it got under this device's pseudonyms.
   * @throws RecError `storage-refused` when the store did not let go of it.
   */
  async forget(options?: ForgetOptions): Promise<null> {
    const { profile, outbox, store, deletions } = this.#parts
    const pseudonyms = Promise.all([outbox.sentNames(), deletions.load()])
    outbox.reset()
    profile.reset()
    const isClear = await store.clear() // in the same task, so that nothing is read in between but the names
    const [names] = await pseudonyms
    await Promise.all([this.#parts.loop.forget(options), this.#parts.next.clear()])
    this.#parts.post({ type: 'forget' })
    this.#parts.changed()
    void deletions.ask(names)
    if (!isClear) throw new RecError('storage-refused', 'the browser did not erase its storage')
    return null
  }

  /** Another tab changed the stored profile. */
  async reload(): Promise<void> {
    await this.#parts.profile.load()
    await this.#parts.outbox.load()
    if (this.mode !== 'first-party') await this.#parts.outbox.drop()
    await this.#parts.loop.modeChanged()
    this.#changed()
  }

  /** Another tab forgot everything. */
  dropMemory(): void {
    const { outbox, deletions, profile, next, changed } = this.#parts
    void outbox.sentNames().then((names) => deletions.ask(names)) // a batch that this tab was sending may have arrived since
    outbox.reset()
    profile.reset()
    void next.clear()
    changed()
  }

  #changed(): void {
    this.#parts.next.changed()
    this.#parts.changed()
  }

  #told(): void {
    this.#changed()
    this.#parts.post({ type: 'profile' })
  }
}

function identify({ type, item, at }: DeviceEvent): string {
  return JSON.stringify([type, item, at])
}
