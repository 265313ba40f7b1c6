import { Worker } from 'node:worker_threads'
import { errorFromWire, RecError } from '#contract/errors'
import type { Clock, EventLog, EventRow, Log, StoredEventRow } from '../core/ports.ts'
import type { Append } from './event-database.ts'
import type { EventAnswers, EventCall, EventReply, EventWorkerData } from './event-messages.ts'

/** Batches that may wait for the disk, and those written in one transaction. */
const MAX_WAITING = 20_000
const MAX_GROUP = 1_024
/** Built for a package the file ends in .js; from source Node reads .ts. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './event-worker.ts' : './event-worker.js', import.meta.url)

type Pending = { readonly resolve: (value: never) => void; readonly reject: (error: RecError) => void }
type Waiting = {
  readonly append: Append
  readonly resolve: (isNew: boolean) => void
  readonly reject: (error: unknown) => void
}

/**
 * The event log on Node: batches wait while one transaction is written and then go together in the next (group commit), so that many
 * share one fsync. A dead worker fails what it had and is started again by the next call.
 */
export class EventLogThread implements EventLog {
  readonly #data: EventWorkerData
  readonly #clock: Clock
  readonly #log: Log
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  #lastId = 0
  #isClosed = false

  constructor(data: EventWorkerData, clock: Clock, log: Log) {
    this.#data = data
    this.#clock = clock
    this.#log = log
  }

  async append(site: string, rows: readonly EventRow[]): Promise<'stored' | 'duplicate'> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new RecError('rate-limited', 'too many batches wait for the disk', { waiting: MAX_WAITING })
    const isNew = new Promise<boolean>((resolve, reject) =>
      this.#waiting.push({ append: { site, rows }, resolve, reject }),
    )
    this.#startFlush()
    return (await isNew) ? 'stored' : 'duplicate'
  }

  read(site: string, after: number, limit: number): Promise<readonly StoredEventRow[]> {
    return this.#call('read', { kind: 'read', site, after, limit })
  }

  async forget(site: string, pseudonym: string): Promise<void> {
    // Batches that still wait are written after this and refused then, because the database remembers.
    await this.#call('forget', { kind: 'forget', site, pseudonym, now: this.#clock.now() })
  }

  async prune(before: number): Promise<number> {
    let total = 0
    for (;;) {
      const removed = await this.#call('prune', { kind: 'prune', before })
      total += removed
      if (removed === 0) break
    }
    await this.#call('tidy', { kind: 'tidy', now: this.#clock.now() })
    return total
  }

  /** Answers when the worker runs and its database opens. */
  async check(): Promise<void> {
    await this.#call('read', { kind: 'read', site: '', after: 0, limit: 1 })
  }

  /** Writes what waits, then closes the database. */
  async close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
    if (this.#worker !== undefined) await this.#call('close', { kind: 'close' })
    this.#isClosed = true
  }

  #startFlush(): void {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined
      if (this.#waiting.length > 0) this.#startFlush()
    })
  }

  async #flush(): Promise<void> {
    // One turn of the event loop: requests that were read together are written together.
    await new Promise<void>((resolve) => setImmediate(resolve))
    const group = this.#waiting.splice(0, MAX_GROUP)
    try {
      const batches = group.map(({ append }) => append)
      const isNew = await this.#call('append', { kind: 'append', batches, now: this.#clock.now() })
      group.forEach(({ resolve }, i) => {
        resolve(isNew[i] ?? false)
      })
    } catch (thrown) {
      for (const { reject } of group) reject(thrown)
    }
  }

  #call<K extends EventCall['kind']>(_kind: K, call: Extract<EventCall, { kind: K }>): Promise<EventAnswers[K]> {
    if (this.#isClosed) return Promise.reject(new RecError('not-ready', 'the edge is stopping'))
    const worker = this.#worker ?? this.#start()
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      worker.postMessage({ id, call })
    })
  }

  #start(): Worker {
    const worker = new Worker(WORKER_URL, { workerData: this.#data })
    worker.on('message', (reply: EventReply) => {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if ('error' in reply) pending?.reject(errorFromWire(reply.error))
      else pending?.resolve(reply.value as never) // the kind of the call decides the type, see `#call`
    })
    worker.on('error', (error) => this.#log('event-worker-failed', { error: error.message }))
    worker.on('exit', () => {
      this.#worker = undefined
      const lost = [...this.#pending.values()]
      this.#pending.clear()
      for (const { reject } of lost) reject(new RecError('not-ready', 'the event store is starting again'))
    })
    this.#worker = worker
    return worker
  }
}
