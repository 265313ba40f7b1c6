import { isItemId } from '#contract/limits'
import type { RecommendReply, TrackInput } from '#contract/rpc'
import { type EventPlace, placeIn } from './event-place.ts'
import { createImpressions } from './impressions.ts'
import { eventsOf, ITEM } from './markup-events.ts'
import { type PageItems, readPageItems, withoutFragment } from './page-item.ts'
import { whenIdle } from './page-signs.ts'
import type { Recommender } from './recommender.ts'

/** Elements of a page whose showing is watched; the rest of a longer page is left out. */
const MAX_WATCHED = 2_000
/** What a page adds is looked for this long after, and what was seen meanwhile travels together. Milliseconds. */
const GATHER_MS = 1_000

/**
 * Reads the page and notes what it shows of the site's items: the item it is about as viewed, elements and links to listed items as seen once
 * half of them was visible for a second, clicks on such links, and the orders that it confirms. Follows what the page adds and where it goes.
 */
export class PageWatcher {
  readonly #recommender: Recommender
  readonly #impressions = createImpressions((card) => this.#saw(card))
  #items: PageItems = { item: null, listed: new Map() }
  /** Items of this page that were noted as seen, and its orders. */
  readonly #noted = new Set<string>()
  #waiting: TrackInput[] = []
  #isWaiting = false
  #address = ''

  constructor(recommender: Recommender) {
    this.#recommender = recommender
    document.addEventListener('click', (event) => this.#onClick(event), { capture: true, passive: true })
    const routes: EventTarget | undefined = (window as { navigation?: EventTarget }).navigation
    const again = () => this.#lookSoon()
    routes?.addEventListener('navigatesuccess', again)
    addEventListener('popstate', again)
    addEventListener('pagehide', () => this.#send())
    new MutationObserver(again).observe(document.documentElement, { childList: true, subtree: true })
    this.#look()
  }

  /** The item that the page is about, where it is another one; and the place in the list of the shelf that put the page's own rows in order. */
  placeOf(element: HTMLElement): EventPlace {
    const id = this.#idOf(element)
    const shelf: (Element & { readonly ownList?: RecommendReply }) | null = element.closest('pocket-shelf')
    const place = shelf?.ownList && id !== undefined ? placeIn(shelf.ownList, id) : {}
    const context = shelf?.getAttribute('item') || this.#items.item
    return isItemId(context) && context !== id ? { ...place, context } : place
  }

  #lookSoon(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    setTimeout(() => {
      this.#isWaiting = false
      this.#send()
      void whenIdle().then(() => this.#look())
    }, GATHER_MS)
  }

  #send(): void {
    const events = this.#waiting
    this.#waiting = []
    if (events.length > 0) void this.#recommender.track(events)
  }

  #look(): void {
    const before = this.#items.item
    this.#items = readPageItems(document)
    const { item } = this.#items
    if (item !== null && item !== before) void this.#recommender.track({ type: 'view', item })
    if (this.#address !== location.pathname + location.search) this.#noted.clear()
    this.#address = location.pathname + location.search
    this.#impressions.watch(this.#elements())
    this.#noteOrders()
  }

  #elements(): readonly Element[] {
    const marked = [...document.querySelectorAll(`${ITEM}:not(form)`)]
    const links = this.#items.listed.size === 0 ? [] : [...document.links]
    const listed = links.filter((link) => this.#listedId(link) !== undefined && link.closest(ITEM) === null)
    return [...marked, ...listed].slice(0, MAX_WATCHED)
  }

  #listedId(link: Element | null): string | undefined {
    return link instanceof HTMLAnchorElement ? this.#items.listed.get(withoutFragment(link.href)) : undefined
  }

  /** A purchase for each order that the page confirms; a page that is loaded again, or gone back to, confirms nothing new. */
  #noteOrders(): void {
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (entry?.type === 'reload' || entry?.type === 'back_forward') return
    for (const order of document.querySelectorAll<HTMLElement>('[data-item-order]')) {
      const key = `order ${order.dataset.itemOrder}`
      if (this.#noted.has(key)) continue
      this.#noted.add(key)
      void this.#recommender.track(eventsOf(order, 'purchase', () => ({})))
    }
  }

  #idOf(element: Element): string | undefined {
    return (element instanceof HTMLElement && element.dataset.itemId) || this.#listedId(element)
  }

  #saw(card: Element): void {
    const item = this.#idOf(card)
    if (item === undefined || this.#noted.has(item) || !(card instanceof HTMLElement)) return
    this.#noted.add(item)
    this.#waiting.push({ type: 'impression', item, ...this.placeOf(card) })
    this.#lookSoon()
  }

  /** Marked elements are noted by those who note every click from the start. */
  #onClick({ target }: Event): void {
    if (!(target instanceof Element) || target.closest(ITEM) !== null) return
    const link = target.closest('a')
    const item = this.#listedId(link)
    if (link && item !== undefined) void this.#recommender.track({ type: 'click', item, ...this.placeOf(link) })
  }
}
