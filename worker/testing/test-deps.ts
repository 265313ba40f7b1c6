import type { NextList } from '#contract/next-lists'
import type { EngineNotice, EngineOptions } from '#contract/rpc'
import { createMemoryFeedback } from '#worker/core/feedback/memory-store'
import type { EngineDeps, Stores, TabMessage } from '../deps.ts'
import * as feedbackScript from '../feedback/report-loop.ts'
import { createMemoryProfile } from '../store/memory-profile.ts'
import { createMemoryShards } from '../store/memory-shards.ts'
import type { TinyEdge } from './tiny-edge.ts'

/** Timers that run when a test says so. */
export class ManualTimers {
  readonly #waiting = new Set<{ readonly at: number; readonly run: () => void }>()
  #now = 0

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, run }
    this.#waiting.add(timer)
    return () => this.#waiting.delete(timer)
  }

  /** Runs what is due within a time, in order. */
  advance(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#waiting].sort((a, b) => a.at - b.at)) {
      if (timer.at > this.#now || !this.#waiting.delete(timer)) continue
      timer.run()
    }
  }
}

/** Tabs of one browser: they share stores, locks and messages. */
export class TestBrowser {
  readonly stores: Stores = {
    shards: keepOpen(createMemoryShards()),
    profile: keepOpen(createMemoryProfile()),
    feedback: keepOpen(createMemoryFeedback()),
    lists: {
      addresses: async () => [...this.lists.keys()],
      write: async (lists) => {
        this.lists = new Map(lists)
      },
    },
  }
  /** Made beforehand, by address. */
  lists: ReadonlyMap<string, NextList> = new Map()
  readonly #tabs = new Set<(message: TabMessage) => void>()
  readonly #locks = new Map<string, Promise<unknown>>()

  openChannel = (_name: string, receive: (message: TabMessage) => void) => {
    this.#tabs.add(receive)
    return {
      post: (message: TabMessage) => {
        for (const tab of this.#tabs) if (tab !== receive) tab(message)
      },
      close: () => this.#tabs.delete(receive),
    }
  }

  exclusive = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const result = (this.#locks.get(name) ?? Promise.resolve()).then(run)
    this.#locks.set(
      name,
      result.catch(() => undefined),
    ) // the caller gets the error
    return result
  }
}

export type TestDeps = EngineDeps & { readonly timers: ManualTimers; now: number }

/** A world with a clock that stands, manual timers, seeded chance and the tiny edge as its network. */
export function createTestDeps(edge: TinyEdge, browser = new TestBrowser(), seed = 1): TestDeps {
  const timers = new ManualTimers()
  const random = mulberry(seed)
  const deps: TestDeps = {
    isPage: true,
    seesPrivacySignal: () => false,
    timers,
    now: 1_763_600_000_000,
    fetch: edge.fetch,
    nowMs: () => deps.now,
    tzOffsetMin: () => 60,
    monotonicMs: () => performance.now(),
    random,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    subtle: crypto.subtle,
    openStores: (_name, storage) =>
      storage === 'persistent'
        ? browser.stores
        : { shards: createMemoryShards(), profile: createMemoryProfile(), feedback: createMemoryFeedback() },
    after: timers.after,
    exclusive: browser.exclusive,
    openChannel: browser.openChannel,
    importModule: async (url) => {
      if (url.endsWith('/pocketshelf-feedback.js')) return feedbackScript
      throw new Error('no engine files in this test')
    },
    deviceMemoryGb: 8,
    cores: 4,
    log: () => undefined,
  }
  return deps
}

/** Options of a page at the tiny edge. */
export function testOptions(publicKey: string, changes: Partial<EngineOptions> = {}): EngineOptions {
  return {
    edge: 'https://edge.test',
    site: 'shop',
    channel: 'live',
    keys: [publicKey],
    storage: 'persistent',
    consentCeiling: 'off',
    privacySignal: false,
    tier: 'auto',
    saveData: false,
    device: 3,
    locale: 'en-GB',
    assets: 'https://assets.test/',
    ...changes,
  }
}

/** Notices in the order they came, and a wait for the next of a type. */
export class NoticeLog {
  readonly all: EngineNotice[] = []
  readonly #waiting: { readonly type: EngineNotice['type']; readonly resolve: (notice: EngineNotice) => void }[] = []

  readonly notify = (notice: EngineNotice): void => {
    this.all.push(notice)
    for (const [i, waiter] of [...this.#waiting.entries()].reverse()) {
      if (waiter.type !== notice.type) continue
      this.#waiting.splice(i, 1)
      waiter.resolve(notice)
    }
  }

  /** The first notice of a type, now or later. */
  async first(type: EngineNotice['type']): Promise<EngineNotice> {
    return this.all.find((notice) => notice.type === type) ?? this.next(type)
  }

  next(type: EngineNotice['type']): Promise<EngineNotice> {
    return new Promise((resolve) => this.#waiting.push({ type, resolve }))
  }
}

/** Stores that survive the page that closes them. */
function keepOpen<T extends { close(): void }>(store: T): T {
  return { ...store, close: () => undefined }
}

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
