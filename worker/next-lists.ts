import { addressOfRequest, type NextList, requestOfAddress } from '#contract/next-lists'
import type { RecommendReply, RecommendRequest } from '#contract/rpc'
import type { EngineDeps } from './deps.ts'
import { createQueue } from './queue.ts'
import type { ListStore } from './store/ports.ts'

/** As many requests are answered for the next page, the latest ones. */
const MOST_LISTS = 4

/** Wait after a request, ms: the page is busy with what it has just got. */
const CALM_MS = 1_000

/** Wait after events, ms: the page on the screen comes first. */
const SOON_MS = 100

export type NextListsParts = {
  readonly deps: Pick<EngineDeps, 'after' | 'nowMs'>
  /** Absent where nothing may be kept: then nothing is made either. */
  readonly store: ListStore | undefined
  /** Makes a list that nobody sees yet. */
  readonly answer: (request: RecommendRequest) => Promise<RecommendReply>
}

/**
 * Makes the lists of the page that comes next while this one is open: what shelves asked for, answered anew after each change of what the
 * device knows. A shelf shows such a list until the worker has made its own. Lists about items of the page or of the visitor's choosing are not kept.
 */
export class NextLists {
  readonly #parts: NextListsParts
  readonly #queue = createQueue()
  #asked = new Map<string, RecommendRequest>()
  #isRead = false
  /** Grows with whatever makes lists that are being made worthless. */
  #version = 0
  #isSoon = false
  #cancel: (() => void) | null = null

  constructor(parts: NextListsParts) {
    this.#parts = parts
  }

  /** A page got the list of this request. */
  asked({ isPatient, ...request }: RecommendRequest): void {
    if (request.items ?? request.exclude ?? request.contextItems ?? request.now) return
    const address = addressOfRequest(request)
    this.#asked.delete(address) // the latest stands last
    this.#asked.set(address, request)
    for (const oldest of [...this.#asked.keys()].slice(0, -MOST_LISTS)) this.#asked.delete(oldest)
    if (!this.#isSoon) this.#schedule(CALM_MS)
  }

  /** Items were shown: kept lists are still right, and would be better made anew. */
  seen(): void {
    this.#schedule(SOON_MS)
    this.#isSoon = true
  }

  /** Kept lists are wrong now: away with them, and others made. */
  changed(): void {
    this.#version++
    void this.#do(async (store) => {
      await this.#read(store)
      await store.write(new Map())
    })
    this.seen()
  }

  /** Forgets lists and requests. */
  async clear(): Promise<void> {
    this.stop()
    this.#version++
    this.#asked = new Map()
    this.#isRead = true
    await this.#do((store) => store.write(new Map()))
  }

  stop(): void {
    this.#cancel?.()
    this.#isSoon = false
  }

  #schedule(delayMs: number): void {
    this.stop()
    if (!this.#parts.store) return
    this.#cancel = this.#parts.deps.after(delayMs, () => {
      this.#isSoon = false
      void this.#make()
    })
  }

  async #make(): Promise<void> {
    const { answer, deps } = this.#parts
    const version = ++this.#version
    await this.#do((store) => this.#read(store))
    const lists = new Map<string, NextList>()
    for (const [address, request] of this.#asked) {
      await new Promise<void>((resolve) => deps.after(0, resolve)) // a task each: the engine may run in the page itself
      const reply = await answer(request).catch(() => null) // a kept request may be of another version of this file
      if (reply !== null) lists.set(address, { at: deps.nowMs(), reply })
    }
    await this.#do(async (store) => {
      if (version === this.#version) await store.write(lists)
    })
  }

  /** Requests of earlier pages, older than those of this one. */
  async #read(store: ListStore): Promise<void> {
    if (this.#isRead) return
    this.#isRead = true
    const addresses = await store.addresses()
    const kept = addresses.flatMap((address): [string, RecommendRequest][] => {
      const request = requestOfAddress(address)
      return request === undefined ? [] : [[address, request]]
    })
    const older = kept.filter(([address]) => !this.#asked.has(address))
    this.#asked = new Map([...older, ...this.#asked].slice(-MOST_LISTS))
  }

  /** One after the other; without caches, or without a list, the next page starts as a first one does. */
  async #do(run: (store: ListStore) => Promise<void>): Promise<void> {
    const { store } = this.#parts
    if (store) await this.#queue(() => run(store)).catch(() => undefined)
  }
}
