import type { RecommendedItem, RecommendReply } from '#contract/rpc'
import { arrange, make } from './dom.ts'
import { createCard, createSkeleton, type PriceFormat } from './shelf-card.ts'
import { createCarousel } from './shelf-carousel.ts'
import type { ShelfKit } from './shelf-maker.ts'
import { type Opinion, ShelfMenu } from './shelf-menu.ts'
import { type ShelfWords, wordReason } from './words.ts'

export type ShelfActions = {
  /** A click on a card, before the browser follows its link. */
  onOpen(item: RecommendedItem, cause: Event): void
  onOpinion(opinion: Opinion, item: RecommendedItem): void
  /** The visitor came to the end of the list. */
  onMore(): void
}

/** Grey cards shown while nothing is known. */
const MAX_SKELETONS = 12

/**
 * What one shelf shows. Cards that keep their place in a new list are kept, and so is the one in use. The others are made anew: browsers count an element
 * that moves by itself as a shift of the layout, and one that is new in its place as none.
 */
export class ShelfView {
  readonly #host: HTMLElement
  readonly #words: ShelfWords
  readonly #menu: ShelfMenu
  readonly #parts: ReturnType<typeof createParts>
  readonly #formatPrice: PriceFormat
  readonly #liked = new Set<string>()
  #items: ReadonlyMap<string, RecommendedItem> = new Map()

  constructor(host: HTMLElement, { words, sheet, formatPrice }: Omit<ShelfKit, 'takeTurn'>, actions: ShelfActions) {
    this.#host = host
    this.#words = words
    this.#formatPrice = formatPrice
    this.#menu = new ShelfMenu(words, actions.onOpinion)
    this.#parts = createParts(words, actions.onMore)
    const { head, fallback, carousel, note, fix, said, more } = this.#parts
    const root = host.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    root.append(head, fallback, carousel.list, more, note, fix, this.#menu.element, said)
    this.#only(fallback)
    carousel.list.addEventListener('click', (event) => this.#onClick(event, actions))
    carousel.list.addEventListener('keydown', ({ key, target }) => {
      if (key === 'Enter' && target instanceof HTMLElement && target.role === 'link') target.click()
    })
  }

  /** Shows the fallback, or grey cards of the final size where the page gave none. */
  wait(): void {
    if (this.#items.size > 0) return
    const { head, heading, fallback, carousel } = this.#parts
    if (this.#host.getAttribute('empty') === 'hide') {
      this.#only()
      return
    }
    if (hasFallback(this.#host)) {
      this.#only(fallback)
      return
    }
    heading.textContent = '\u00a0'
    const count = Number(this.#host.getAttribute('count')) || 8
    arrange(carousel.list, Array.from({ length: Math.min(count, MAX_SKELETONS) }, createSkeleton))
    this.#only(head, carousel.list)
  }

  /** @param isFull - Whether more items may follow. */
  show(reply: RecommendReply, isFull: boolean): void {
    const { head, heading, carousel, note, more } = this.#parts
    const before = this.cards()
    const inUse = before.find((card) => card.matches(':focus-within, :has([aria-expanded="true"])'))
    const look = {
      scene: reply.scene,
      words: this.#words,
      link: this.#host.getAttribute('link') ?? '',
      formatPrice: this.#formatPrice,
      template: this.#host.querySelector('template'),
    }
    const cards = reply.items.map((item, place) => {
      const there = [before[place], inUse].find((card) => card?.getAttribute('data-id') === item.id)
      const card = there && isSameLook(this.#items.get(item.id), item) ? there : createCard(item, look)
      card.toggleAttribute('data-liked', this.#liked.has(item.id))
      return card
    })
    this.#items = new Map(reply.items.map((item) => [item.id, item]))
    this.#keepFocus(() => arrange(carousel.list, cards))
    heading.textContent = headingOf(reply, this.#words)
    const isEmpty = cards.length === 0
    this.#host.toggleAttribute('data-empty', isEmpty)
    note.firstElementChild?.replaceChildren(this.#words.empty[reply.scene])
    if (!isEmpty) this.#only(head, carousel.list, ...(this.#hasMoreButton(isFull) ? [more] : []))
    else if (this.#host.getAttribute('empty') === 'hide') this.#only()
    else this.#only(head, note)
    carousel.isOpen = isFull && this.#host.hasAttribute('more')
    carousel.measure()
  }

  /** Shows the page's own list, which was put in order. */
  showOwn(): void {
    this.#only(this.#parts.fallback)
  }

  #hasMoreButton(isFull: boolean): boolean {
    return isFull && this.#host.hasAttribute('more') && this.#host.getAttribute('layout') === 'grid'
  }

  /** Keeps the fallback; `box` explains the error where one is given. */
  showError(box: HTMLElement | null): void {
    this.#parts.fix.replaceChildren(...(box ? [box] : []))
    this.#only(this.#parts.fallback, this.#parts.fix)
  }

  /** Says that an opinion was heard and shows it in the same frame, before the new list arrives: liked cards are marked, others go. */
  acknowledge(opinion: Opinion, { id }: RecommendedItem): void {
    this.#parts.said.textContent = this.#words.noted
    const card = this.cards().find((one) => one.getAttribute('data-id') === id)
    if (opinion === 'like') {
      this.#liked.add(id)
      card?.setAttribute('data-liked', '')
    } else if (card) this.#keepFocus(() => card.remove())
  }

  close(): void {
    this.#menu.close()
  }

  cards(): readonly Element[] {
    return [...this.#parts.carousel.list.children]
  }

  itemOf(card: Element): RecommendedItem | null {
    return this.#items.get(card.getAttribute('data-id') ?? '') ?? null
  }

  #onClick(event: Event, actions: ShelfActions): void {
    const target = event.target instanceof Element ? event.target : null
    const card = target?.closest('li')
    const item = card ? this.itemOf(card) : null
    const button = target?.closest<HTMLElement>('.more')
    if (item && button) this.#menu.open(button, item)
    else if (item) actions.onOpen(item, event)
  }

  #only(...shown: readonly Element[]): void {
    const { head, fallback, carousel, note, fix, more } = this.#parts
    for (const part of [head, fallback, carousel.list, more, note, fix]) part.hidden = !shown.includes(part)
    this.#host.toggleAttribute('data-own', shown.includes(fallback) || shown.length === 0)
  }

  /** Where a change takes away what had the focus, the entry now at that place gets it. */
  #keepFocus(change: () => void): void {
    const { list } = this.#parts.carousel
    const active = this.#host.shadowRoot?.activeElement
    const focused = active?.closest('li')
    const place = focused ? this.cards().indexOf(focused) : -1
    change()
    if (!focused || focused.isConnected) return
    const heir = list.children[Math.min(place, list.children.length - 1)]
    heir?.querySelector<HTMLElement>(active?.matches('.more') ? '.more' : '.card')?.focus({ preventScroll: true })
  }
}

function createParts(words: ShelfWords, onMore: () => void) {
  const heading = make('h2', { part: 'heading' })
  const carousel = createCarousel(words, onMore)
  const more = make('button', { part: 'more-button', class: 'add', type: 'button', hidden: true }, words.more)
  more.addEventListener('click', onMore)
  return {
    heading,
    carousel,
    more,
    head: make('div', { part: 'head', class: 'head' }, make('slot', { name: 'heading' }, heading), carousel.nav),
    fallback: make('div', { part: 'fallback' }, make('slot')),
    note: make('p', { part: 'empty', class: 'note', hidden: true }, make('slot', { name: 'empty' })),
    fix: make('div', { hidden: true }),
    said: make('div', { class: 'said', 'aria-live': 'polite' }),
  }
}

function headingOf(reply: RecommendReply, words: ShelfWords): string {
  if (reply.scene === 'for-you' && !reply.personal) return words.popular
  const anchor = reply.items[0]?.reasons.find((reason) => reason.type === 'because-you')
  if (reply.scene === 'because-you' && anchor) return wordReason(words, anchor)
  return words.headings[reply.scene]
}

function isSameLook(old: RecommendedItem | undefined, item: RecommendedItem): boolean {
  return JSON.stringify([old?.card, old?.reasons[0]]) === JSON.stringify([item.card, item.reasons[0]])
}

function hasFallback(host: HTMLElement): boolean {
  return [...host.childNodes].some((node) =>
    node instanceof Element
      ? !node.slot && node.localName !== 'template'
      : node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
  )
}
