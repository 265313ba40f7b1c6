import { RecError, toRecError } from '#contract/errors'
import { type DeviceEvent, type EventBatch, toWireEvent, type WireEvent } from '#contract/events'
import { LIMITS, utf8Length } from '#contract/limits'
import type { ConsentMode } from '#contract/rpc'
import type { EngineDeps } from '../deps.ts'
import { type EdgeClient, passingCode, type SendReply } from '../release/edge.ts'
import { toBase64Url } from '../release/verify.ts'
import type { ProfileChange, ProfileRecord } from '../store/ports.ts'
import { backoffMs } from './backoff.ts'
import { type GuardedStore, settingOf } from './guarded-store.ts'
import { markSent, mergeNames, type Pseudonym, withCurrent } from './pseudonyms.ts'

/** Room for `{"v":1,"batch":"…","events":[]}`. */
const ENVELOPE_BYTES = 128

/** Events that may wait; older ones are dropped first. */
const WAITING_LIMIT = 5_000

/** Events of one visit travel together. */
const GATHER_MS = 5_000

const KEY_DIGITS = 16

type Needs = Pick<EngineDeps, 'nowMs' | 'random' | 'randomBytes' | 'after' | 'exclusive' | 'log'>

export type OutboxParts = {
  readonly deps: Needs
  readonly store: GuardedStore
  readonly edge: EdgeClient
  /** Name of the lock that one sender at a time holds, over all tabs. */
  readonly lockName: string
  /** The mode in force, read anew from the store, where another tab may have changed it. */
  readonly mode: () => Promise<ConsentMode>
  readonly report: (error: RecError) => void
}

/**
 * First-party events on their way to the edge. Nothing is queued or sent in another mode, and leaving the mode empties it.
 * A batch keeps its id until the edge's receipt is here, so that sending it twice changes nothing.
 */
export class Outbox {
  sentEvents = 0
  lastSentAt: number | null = null
  readonly #parts: OutboxParts
  readonly #waiting = new Map<string, WireEvent>()
  readonly #batches = new Map<string, EventBatch>()
  #names: readonly Pseudonym[] = []
  #count = 0
  #failures = 0
  #generation = 0
  #cancel: (() => void) | null = null
  #isFlushing = false
  /** Grows with every change of what is in memory. */
  #changes = 0

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** Events that wait for a receipt. */
  get pending(): number {
    let sum = this.#waiting.size
    for (const { events } of this.#batches.values()) sum += events.length
    return sum
  }

  /** Reads what earlier visits, or other tabs, left; not while this page is sending, which has read it and knows more since. */
  async load(): Promise<void> {
    if (!this.#isFlushing) await this.#read(false)
  }

  /** @param isFlush - Whether a sending asks; what others asked for is not taken once one has begun. */
  async #read(isFlush: boolean): Promise<void> {
    const { store } = this.#parts
    if (store.isBehind) return // memory knows more than the store
    const changes = this.#changes
    const [outbox, batches, settings] = [
      await store.read('outbox'),
      await store.read('batches'),
      await store.read('settings'),
    ]
    if (outbox === null || batches === null || settings === null || this.#isFlushing !== isFlush) return
    if (changes !== this.#changes) return this.#read(isFlush) // what happened meanwhile is newer than what was read
    this.#waiting.clear()
    this.#batches.clear()
    // records of our own schema version
    for (const { key, value } of outbox) this.#waiting.set(key, value as WireEvent)
    for (const { key, value } of batches) this.#batches.set(key, value as EventBatch)
    this.#names = namesOf(settings)
    const sent = settingOf(settings, 'sent') as { events: number; at: number } | undefined
    this.sentEvents = sent?.events ?? 0
    this.lastSentAt = sent?.at ?? null
  }

  /** Queues events where the mode allows it, and sends them soon. */
  async add(events: readonly DeviceEvent[]): Promise<void> {
    const { deps, store } = this.#parts
    const known = this.#names
    this.#names = withCurrent(known, deps.nowMs(), () => toBase64Url(deps.randomBytes(16)))
    const name = this.#names.at(-1)?.value ?? ''
    const changes: ProfileChange[] = []
    if (this.#names !== known) {
      this.#names = mergeNames(this.#names, await this.#storedNames()) // another tab may have sent under one of them
      changes.push({ kind: 'settings', key: 'pseudonyms', value: this.#names })
    }
    this.#changes++
    for (const event of events) {
      const value = toWireEvent(event, name)
      const key = this.#nextKey()
      this.#waiting.set(key, value)
      changes.push({ kind: 'outbox', key, value })
    }
    for (const key of this.#waiting.keys()) {
      if (this.#waiting.size <= WAITING_LIMIT) break
      this.#waiting.delete(key)
      changes.push({ kind: 'outbox', key, value: undefined })
    }
    await store.write(changes)
    this.schedule(GATHER_MS)
  }

  /** Takes an item's unsent events back. */
  async removeItem(item: string): Promise<void> {
    const keys = [...this.#waiting].filter(([, event]) => event.item === item).map(([key]) => key)
    this.#changes++
    for (const key of keys) this.#waiting.delete(key)
    if (keys.length > 0) await this.#parts.store.write(keys.map((key) => ({ kind: 'outbox', key, value: undefined })))
  }

  /** Sends at once what only waited for company, as a page does that is being left; after a failure the wait goes on. */
  hurry(): void {
    if (this.#failures > 0) return
    this.#cancel?.()
    this.#cancel = null
    this.schedule(0)
  }

  /** Sends in a while, unless a sending is due already. */
  schedule(delayMs: number = GATHER_MS): void {
    if (this.#cancel !== null || this.pending === 0) return
    this.#cancel = this.#parts.deps.after(delayMs, () => {
      this.#cancel = null
      this.flush().catch((thrown: unknown) => this.#parts.report(toRecError(thrown)))
    })
  }

  /** Sends all that waits, one tab at a time; on a failure what is left is tried again later. */
  async flush(): Promise<void> {
    await this.#parts.deps.exclusive(this.#parts.lockName, async () => {
      this.#isFlushing = true
      try {
        await this.#read(true) // another tab may have sent or added some
        await this.#sendAll()
      } finally {
        this.#isFlushing = false
      }
    })
  }

  async #sendAll(): Promise<void> {
    while (this.pending > 0) {
      const generation = this.#generation
      if ((await this.#parts.mode()) !== 'first-party') return this.drop()
      const batch = this.#batches.values().next().value ?? (await this.#seal())
      if (batch === null || generation !== this.#generation) return
      if (!(await this.#send(batch, generation))) return
    }
  }

  /** Empties the outbox, in memory and store; what is under way is no longer waited for. */
  async drop(): Promise<void> {
    const changes: ProfileChange[] = [
      ...[...this.#waiting.keys()].map((key): ProfileChange => ({ kind: 'outbox', key, value: undefined })),
      ...[...this.#batches.keys()].map((key): ProfileChange => ({ kind: 'batches', key, value: undefined })),
    ]
    this.stop()
    this.#waiting.clear()
    this.#batches.clear()
    if (changes.length > 0) await this.#parts.store.write(changes)
  }

  /** Pseudonyms under which events of this device may have left, by what this page and the store know. */
  async sentNames(): Promise<readonly string[]> {
    const names = mergeNames(this.#names, await this.#storedNames())
    return names.filter(({ isSent }) => isSent).map(({ value }) => value)
  }

  async #storedNames(): Promise<readonly Pseudonym[]> {
    return namesOf((await this.#parts.store.read('settings')) ?? [])
  }

  /** Forgets in memory. */
  reset(): void {
    this.stop()
    this.#waiting.clear()
    this.#batches.clear()
    this.#names = []
    this.sentEvents = 0
    this.lastSentAt = null
  }

  /** Sends nothing more until something is added or scheduled. */
  stop(): void {
    this.#generation++
    this.#changes++
    this.#cancel?.()
    this.#cancel = null
    this.#failures = 0
  }

  /** Moves waiting events into a batch with an id of its own, in one write. */
  async #seal(): Promise<EventBatch | null> {
    const { deps, store } = this.#parts
    const events: WireEvent[] = []
    const keys: string[] = []
    let bytes = ENVELOPE_BYTES
    for (const [key, event] of this.#waiting) {
      bytes += utf8Length(JSON.stringify(event)) + 1
      if (events.length === LIMITS.eventsPerBatch || bytes > LIMITS.eventBatchBytes) break
      events.push(event)
      keys.push(key)
    }
    if (events.length === 0) return null
    const batch: EventBatch = { v: 1, batch: toBase64Url(deps.randomBytes(16)), events }
    for (const key of keys) this.#waiting.delete(key)
    this.#batches.set(batch.batch, batch)
    this.#names = markSent(this.#names, new Set(events.map(({ pseudonym }) => pseudonym)))
    await store.write([
      ...keys.map((key): ProfileChange => ({ kind: 'outbox', key, value: undefined })),
      { kind: 'batches', key: batch.batch, value: batch },
      { kind: 'settings', key: 'pseudonyms', value: this.#names },
    ])
    return batch
  }

  /** @returns Whether the batch is done with, so that the next may follow. */
  async #send(batch: EventBatch, generation: number): Promise<boolean> {
    let reply: SendReply
    try {
      reply = await this.#parts.edge.send('POST', 'events', JSON.stringify(batch))
    } catch (thrown) {
      if (generation === this.#generation) this.#retryLater(toRecError(thrown, 'edge-unreachable'), null)
      return false
    }
    if (generation !== this.#generation) return false
    if (isReceipt(reply, batch.batch)) {
      await this.#settle(batch, batch.events.length)
      return true
    }
    if (reply.status === 204) {
      await this.#settle(batch, 0) // the edge saw a privacy signal in the request and kept nothing
      return true
    }
    if (isRefusedForGood(reply.status)) {
      this.#parts.report(new RecError('bad-request', 'the edge refuses a batch of events', { status: reply.status }))
      await this.#settle(batch, 0)
      return true
    }
    const code = passingCode(reply.status) ?? 'edge-misconfigured'
    this.#retryLater(new RecError(code, 'the edge did not take events', { status: reply.status }), reply.retryAfterMs)
    return false
  }

  async #settle(batch: EventBatch, sent: number): Promise<void> {
    this.#failures = 0
    this.#batches.delete(batch.batch)
    const changes: ProfileChange[] = [{ kind: 'batches', key: batch.batch, value: undefined }]
    if (sent > 0) {
      this.sentEvents += sent
      this.lastSentAt = this.#parts.deps.nowMs()
      changes.push({ kind: 'settings', key: 'sent', value: { events: this.sentEvents, at: this.lastSentAt } })
    }
    await this.#parts.store.write(changes)
  }

  #retryLater(error: RecError, retryAfterMs: number | null): void {
    this.#parts.report(error)
    this.schedule(Math.max(retryAfterMs ?? 0, backoffMs(this.#failures++, this.#parts.deps.random)))
  }

  #nextKey(): string {
    const digits = (value: number, length: number): string => Math.floor(value).toString().padStart(length, '0')
    return `${digits(this.#parts.deps.nowMs(), KEY_DIGITS)}-${digits(this.#count++, 8)}-${toBase64Url(this.#parts.deps.randomBytes(3))}`
  }
}

function namesOf(settings: readonly ProfileRecord[]): readonly Pseudonym[] {
  return (settingOf(settings, 'pseudonyms') as readonly Pseudonym[] | undefined) ?? [] // written by the outbox alone
}

function isReceipt({ status, body }: SendReply, batch: string): boolean {
  return (
    status >= 200 &&
    status < 300 &&
    typeof body === 'object' &&
    body !== null &&
    'batch' in body &&
    body.batch === batch
  )
}

/** The same bytes would be refused again. */
function isRefusedForGood(status: number): boolean {
  return status === 400 || status === 403 || status === 413 || status === 422
}
