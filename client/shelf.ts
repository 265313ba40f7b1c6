import type { EventType } from '#contract/events'
import { LIMITS } from '#contract/limits'
import type { RecommendedItem, RecommendReply, RecommendRequest } from '#contract/rpc'
import { placeIn } from './event-place.ts'
import { createFixIt, type Problem, problemOf } from './fix-it.ts'
import { createImpressions, type Impressions } from './impressions.ts'
import { readNextList } from './next-list.ts'
import { isLocalPage, markOnce } from './page-signs.ts'
import type { Recommender } from './recommender.ts'
import type { ShelfKit } from './shelf-maker.ts'
import { type OwnList, readOwnList, reorder } from './shelf-own-list.ts'
import { readRequest } from './shelf-request.ts'
import { ShelfView } from './shelf-view.ts'
import type { TakeTurn } from './turns.ts'

/** Wait after an error, ms; it doubles up to 32 times as long. */
const RETRY_MS = 16_000

/** The life of one `<pocket-shelf>`: lists in, events out. Nothing it does throws into the page. */
export class Shelf {
  readonly #host: HTMLElement
  readonly #recommender: Recommender
  readonly #view: ShelfView
  readonly #takeTurn: TakeTurn
  readonly #impressions: Impressions
  readonly #seen = new Set<string>()
  #reply: RecommendReply | null = null
  /** What the page before left for this one. */
  #next: Promise<RecommendReply | null> = Promise.resolve(null)
  #state: 'idle' | 'asking' | 'again' = 'idle'
  #retryMs = RETRY_MS
  #retry: ReturnType<typeof setTimeout> | undefined
  #ends: readonly (() => void)[] = []

  constructor(host: HTMLElement, recommender: Recommender, kit: ShelfKit) {
    this.#host = host
    this.#recommender = recommender
    this.#takeTurn = kit.takeTurn
    this.#impressions = createImpressions((card) => {
      const item = this.#view.itemOf(card)
      if (!item || this.#seen.has(item.id)) return
      this.#seen.add(item.id)
      this.#track('impression', item)
    })
    this.#view = new ShelfView(host, kit, {
      onOpen: (item, cause) => {
        const isAllowed = this.#tell('rec-click', { item, list: this.#reply?.list, cause }, true)
        this.#track('click', item)
        if (!isAllowed) cause.preventDefault()
      },
      onOpinion: (opinion, item) => {
        this.#view.acknowledge(opinion, item)
        this.#track(opinion, item)
      },
      onMore: () => void this.#askMore(),
    })
  }

  connect(): void {
    if (this.#ends.length > 0) return
    const refresh = () => this.refresh()
    const { on } = this.#recommender
    addEventListener('online', refresh)
    this.#ends = [
      on('ready', refresh),
      on('profile-changed', refresh),
      on('release-changed', refresh),
      () => removeEventListener('online', refresh),
    ]
    if (!this.#reply) this.#next = readNextList(this.#recommender, this.#request())
    refresh()
    this.#view.wait() // at once: what comes later would move the page
    void this.#begin()
  }

  /** Shows what the page before left for this one until the worker's list is here. */
  async #begin(): Promise<void> {
    const next = await this.#next
    if (!next) return
    await this.#takeTurn()
    if (this.#ends.length === 0 || this.#reply) return
    try {
      if (next.items.length === 0) return
      this.#show(next, { isFull: next.items.length >= this.#request().count, own: null })
      markOnce('first-list')
      if (next.personal) markOnce('first-personal-list')
    } catch {
      this.#reply = null // of another version of this script
    }
  }

  disconnect(): void {
    for (const end of this.#ends) end()
    this.#ends = []
    clearTimeout(this.#retry)
    this.#view.close()
    this.#impressions.watch([])
  }

  /** Asks for the list again; calls while one is under way are gathered into one. */
  refresh(): void {
    if (this.#ends.length === 0) return
    clearTimeout(this.#retry)
    const isFree = this.#state === 'idle'
    this.#state = isFree ? 'asking' : 'again'
    if (isFree) queueMicrotask(() => void this.#ask())
  }

  async #ask(): Promise<void> {
    const own = this.#ownList()
    try {
      const request = { ...this.#request(), isPatient: (await this.#next) !== null }
      const count = Math.min(LIMITS.listItems, Math.max(request.count, this.#reply?.items.length ?? 0))
      const { ids } = own ?? {}
      const reply = await this.#recommender.recommend(
        ids
          ? { ...request, items: ids, count: Math.min(LIMITS.listItems, Math.max(1, ids.length)) }
          : { ...request, count },
      )
      await this.#takeTurn()
      if (this.#ends.length > 0) this.#show(reply, { isFull: reply.items.length >= count, own })
    } catch (thrown) {
      if (this.#ends.length > 0) this.#fail(problemOf(thrown))
    }
    this.#free()
  }

  /** Adds the next items behind those that are shown. */
  async #askMore(): Promise<void> {
    const before = this.#reply
    if (this.#state !== 'idle' || !before || before.items.length >= LIMITS.listItems) return
    this.#state = 'asking'
    try {
      const request = this.#request()
      const exclude = [...(request.exclude ?? []), ...before.items.map(({ id }) => id)]
      const { items } = await this.#recommender.recommend({ ...request, exclude })
      const isFull = items.length >= request.count
      if (this.#ends.length > 0) this.#show({ ...before, items: [...before.items, ...items] }, { isFull, own: null })
    } catch (thrown) {
      if (this.#ends.length > 0) this.#fail(problemOf(thrown))
    }
    this.#free()
  }

  #request(): RecommendRequest {
    return readRequest((name) => this.#host.getAttribute(name))
  }

  #free(): void {
    const isDirty = this.#state === 'again'
    this.#state = 'idle'
    if (isDirty) this.refresh()
  }

  /** Children that the page wants in order (`scene="rerank"` without `items`). */
  #ownList(): OwnList | null {
    const isOwn = this.#host.getAttribute('scene') === 'rerank' && !this.#host.hasAttribute('items')
    return isOwn ? readOwnList(this.#host) : null
  }

  #show(reply: RecommendReply, { isFull, own }: { readonly isFull: boolean; readonly own: OwnList | null }): void {
    this.#reply = reply
    this.#retryMs = RETRY_MS
    if (own) {
      const wanted = reply.items.map(({ id }) => id)
      reorder(own, wanted)
      this.#view.showOwn()
      Object.assign(this.#host, { ownList: reply }) // whoever watches the page notes clicks on its rows with their places
    } else {
      this.#view.show(reply, isFull)
      this.#impressions.watch(this.#view.cards())
    }
    this.#tell('rec-list', reply)
  }

  #fail(error: Problem): void {
    this.#tell('rec-error', error)
    if (!this.#reply)
      this.#view.showError(isLocalPage(location.hostname) ? createFixIt(error, this.#recommender) : null)
    if (error.code === 'config-invalid') return
    this.#retry = setTimeout(() => this.refresh(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS * 32)
  }

  #track(type: EventType, item: RecommendedItem): void {
    const reply = this.#reply
    const context = this.#host.getAttribute('item')
    const place = reply ? placeIn(reply, item.id) : {}
    void this.#recommender.track({ type, item: item.id, ...place, ...(context ? { context } : {}) })
  }

  #tell(type: string, detail: unknown, cancelable = false): boolean {
    return this.#host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }))
  }
}
