import type { StorageMode } from '#contract/rpc'
import type { FeedbackStore } from '#worker/core/feedback/store'
import type { ListStore, ProfileStore, ShardStore } from './store/ports.ts'

export type Stores = {
  readonly shards: ShardStore
  readonly profile: ProfileStore
  readonly feedback: FeedbackStore
  /** Absent where nothing outlives the page. */
  readonly lists?: ListStore
}

/** What tabs of one edge and site tell each other. */
export type TabMessage = { readonly type: 'release' | 'profile' | 'forget' }

export interface TabChannel {
  post(message: TabMessage): void
  close(): void
}

/** The world outside the engine; everything that differs between a browser, a test and a bench comes through here. */
export type EngineDeps = {
  /** False in a service worker, where nothing about the visitor is queued, written or sent on a timer. */
  readonly isPage: boolean
  /** Whether this thread itself sees Global Privacy Control or Do Not Track; most browsers tell pages of more than workers. */
  readonly seesPrivacySignal: () => boolean
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Milliseconds UTC. */
  readonly nowMs: () => number
  /** Minutes east of UTC at a time. */
  readonly tzOffsetMin: (atMs: number) => number
  /** Milliseconds of a clock that never steps back. */
  readonly monotonicMs: () => number
  /** Uniform in [0, 1), cryptographic. */
  readonly random: () => number
  readonly randomBytes: (count: number) => Uint8Array
  /** Absent outside secure contexts. */
  readonly subtle: SubtleCrypto | undefined
  readonly openStores: (name: string, storage: StorageMode) => Stores
  /** Runs once after a delay. @returns A function that cancels. */
  readonly after: (delayMs: number, run: () => void) => () => void
  /** Runs work while no other tab runs work of the same name; without such locks just runs it. */
  readonly exclusive: <T>(name: string, run: () => Promise<T>) => Promise<T>
  readonly openChannel: (name: string, receive: (message: TabMessage) => void) => TabChannel
  /** Imports an ES module by absolute URL. */
  readonly importModule: (url: string) => Promise<unknown>
  readonly deviceMemoryGb: number | undefined
  readonly cores: number
  readonly log: (event: string, fields: Readonly<Record<string, string | number | boolean>>) => void
}
