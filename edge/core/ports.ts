import type { ReportSums, SumTotals } from './sum-store.ts'

/** Encodings an object is kept in. Ranges count bytes of `identity`. */
export const ENCODINGS = ['br', 'gzip', 'identity'] as const

export type Encoding = (typeof ENCODINGS)[number]

/** What is known of a stored object without reading it. */
export type BlobStat = {
  /** Size in bytes of each encoding that exists; identity always does. */
  readonly sizes: Readonly<{ identity: number; br?: number; gzip?: number }>
}

/** Part of an object, in bytes of `identity`. */
export type Slice = { readonly start: number; readonly length: number }

/** Immutable objects of each site, named by their SHA-256. Names are checked by the caller (`isSiteName`, `isHash`). */
export interface BlobStore {
  stat(site: string, hash: string): Promise<BlobStat | undefined>
  /** @returns The bytes (shared, not to be changed) or a stream of them; undefined when the object is gone. */
  read(
    site: string,
    hash: string,
    encoding: Encoding,
    slice?: Slice,
  ): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined>
  /**
   * Stores an object for ever, hashing while it reads; durable when it resolves, and compressed once, here.
   * @throws RecError `hash-mismatch`, `too-large` (more than `maxBytes`), `store-full`; nothing stays behind.
   */
  put(site: string, hash: string, body: ReadableStream<Uint8Array>, maxBytes: number): Promise<'stored' | 'present'>
  /** @returns Those of the hashes that are not stored. The others count as touched now. */
  missing(site: string, hashes: readonly string[]): Promise<readonly string[]>
  list(site: string): Promise<readonly { readonly hash: string; readonly touchedAt: number }[]>
  /** Removes an object unless it was stored or touched after `untouchedSince` (ms); one step, so that it cannot race a publisher. */
  remove(site: string, hash: string, untouchedSince: number): Promise<boolean>
}

/** A value and its version. An adapter may hand out the same object again while the value has not changed: callers key caches by it. */
export type StateEntry = { readonly value: string; readonly version: number }

/** One compare-and-swap: `expected` is the version read before, 0 for a key that must not exist yet. */
export type StateChange = { readonly key: string; readonly expected: number; readonly value: string }

/** One line of the append-only audit log. Fields hold counts, names of channels and tokens, sequences, an operator's reason: nothing of visitors. */
export type AuditEntry = {
  readonly at: string
  readonly action: string
  readonly fields: Readonly<Record<string, string | number>>
}

/** Small documents of each site, changed only by compare-and-swap. */
export interface StateStore {
  get(site: string, key: string): Promise<StateEntry | undefined>
  /** As `get`, but what it gives may be a second old: for what visitors read often. */
  peek(site: string, key: string): Promise<StateEntry | undefined>
  /** Ascending by key. */
  list(site: string, prefix: string): Promise<readonly (StateEntry & { readonly key: string })[]>
  /**
   * Applies all changes and appends the audit entry, or nothing; durable when it resolves.
   * @returns false when a version was not the expected one. @throws RecError `store-full`
   */
  commit(site: string, changes: readonly StateChange[], audit: AuditEntry): Promise<boolean>
  /** Entries after a position (0 for all), oldest first. */
  audit(site: string, after: number, limit: number): Promise<readonly (AuditEntry & { readonly position: number })[]>
}

/** Accepted events of one pseudonym in one batch. */
export type EventRow = {
  readonly batch: string
  readonly pseudonym: string /** JSON array of events. */
  readonly events: string
}

export type StoredEventRow = { readonly seq: number; readonly batch: string; readonly events: string }

/** Consented events, kept until the build has read them or they are too old. */
export interface EventLog {
  /** Durable when it resolves; rows known before, or of a forgotten pseudonym, change nothing. @throws RecError `store-full`, `rate-limited` when too much waits. */
  append(site: string, rows: readonly EventRow[]): Promise<'stored' | 'duplicate'>
  /** Rows after a cursor, ascending; at most `limit`. */
  read(site: string, after: number, limit: number): Promise<readonly StoredEventRow[]>
  /** Deletes all events of a pseudonym and refuses what may still be on its way. */
  forget(site: string, pseudonym: string): Promise<void>
  /** Deletes what was received before an instant (ms). @returns How many rows. */
  prune(before: number): Promise<number>
}

export type RateLimit = { readonly perSecond: number; readonly burst: number }

/** Token buckets by key; memory is bounded whatever the keys. */
export interface RateLimiter {
  allow(key: string, limit: RateLimit): boolean | Promise<boolean>
}

export const COUNTERS = [
  'events_accepted',
  'events_refused',
  'batches_stored',
  'batches_duplicate',
  'batches_declined',
  'rate_limited',
  'objects_stored',
  'served_bytes',
  'pseudonyms_forgotten',
] as const

export type Counter = (typeof COUNTERS)[number]

export interface Metrics {
  request(route: string, status: number, seconds: number): void
  add(counter: Counter, count: number): void
  /** The release a channel serves. */
  live(site: string, channel: string, sequence: number): void
  /** Stored sums of reports: told after they were written and never per report, whose time would then be known. */
  sums(site: string, totals: SumTotals): void
  /** Prometheus text, or undefined where metrics go elsewhere. */
  render(): Promise<string | undefined>
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Seconds from any start, never backwards. */
  seconds(): number
}

export type LogFields = Readonly<Record<string, string | number | boolean>>

/** Events in kebab-case; never bodies, addresses, headers or paths. */
export type Log = (event: string, fields?: LogFields) => void

/** What only the host knows about a request. `platform` is what the host passed to `fetch`. */
export interface Host {
  /** The client's address; a forwarding header counts only from a configured proxy. */
  clientAddress(request: Request, platform: unknown): string | undefined
  /** Whether the request comes from the operator, who may read metrics. */
  isOperator(request: Request, platform: unknown): boolean
  /** A request header by its lower-case name, as the client sent it; cheaper than `request.headers` where the host has them parsed. */
  header(request: Request, platform: unknown, name: string): string | undefined
  /** Added to the ResponseInit of bodies that are compressed already. */
  readonly precompressed: Readonly<Record<string, unknown>>
  /** Whatever is not the edge's: static files where there are any. */
  otherwise(request: Request): Promise<Response | undefined>
  /** Empty when ready to serve, else what is not. */
  notReady(): Promise<readonly string[]>
}

export type EdgeDeps = {
  readonly blobs: BlobStore
  readonly state: StateStore
  readonly events: EventLog
  readonly sums: ReportSums
  readonly limiter: RateLimiter
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
  readonly host: Host
  /** How long an object that no release needs is kept after it was last uploaded or asked for, ms. */
  readonly gcGraceMs: number
}
