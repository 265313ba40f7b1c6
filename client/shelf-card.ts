import type { Scene } from '#contract/events'
import type { Reason, RecommendedItem } from '#contract/rpc'
import { make } from './dom.ts'
import { fillCard } from './shelf-template.ts'
import { fillIn, type ShelfWords, wordReason } from './words.ts'

export type CardOptions = {
  readonly scene: Scene
  readonly words: ShelfWords
  /** Address with `{id}` for items without one of their own, or for pages that route themselves; may be empty. */
  readonly link: string
  readonly formatPrice: PriceFormat
  /** The page's own drawing of a card. */
  readonly template: HTMLTemplateElement | null
}

/** Draws one item as a list entry: the card, by the page's template where it has one, and the button of its menu. */
export function createCard(item: RecommendedItem, options: CardOptions): HTMLLIElement {
  const { words, template } = options
  const label = fillIn(words.options, item.card.title || item.id)
  return make(
    'li',
    { part: 'item', 'data-id': item.id },
    template ? fillCard(template, fieldsOf(item, options)) : drawCard(item, options),
    make(
      'button',
      {
        part: 'menu-button',
        class: 'more',
        type: 'button',
        'aria-haspopup': 'menu',
        'aria-expanded': 'false',
        'aria-label': label,
      },
      '⋯',
    ),
  )
}

/** What a card says, each as text; addresses that are none are empty. */
function fieldsOf(item: RecommendedItem, { scene, words, link, formatPrice }: CardOptions) {
  const { card } = item
  const reason = reasonFor(scene, item.reasons)
  return {
    id: item.id,
    title: card.title || item.id,
    price: formatPrice(card.price, card.currency),
    category: card.category,
    reason: reason ? wordReason(words, reason) : '',
    image: isWebAddress(card.image) ? card.image : '',
    link: cardAddress(item, link),
  }
}

/** Cover, title, price and reason. */
function drawCard(item: RecommendedItem, options: CardOptions): HTMLElement {
  const { title, price, category, reason, image, link } = fieldsOf(item, options)
  const cover = make('span', { part: 'cover', class: 'cover' }, make('span', { 'aria-hidden': 'true' }, title))
  // Colour by category, arrangement by item; set by script, so that no style-src has to allow it.
  const turn = hueOf(item.id + title)
  cover.style.setProperty('--_hue', `${hueOf(category || title) + (turn % 30)}`)
  cover.style.setProperty('--_x', `${30 + (turn % 55)}%`)
  if (image) cover.append(createImage(image, cover))
  return make(
    'a',
    { part: 'card', class: 'card', ...(link ? { href: link } : { role: 'link', tabindex: 0 }) },
    cover,
    make('span', { part: 'title', class: 'title' }, title),
    make('span', { part: 'price', class: 'line' }, price || category),
    make('span', { part: 'reason', class: 'line why' }, reason || (price && category)),
  )
}

/** What the heading of a scene already says of every item in it. */
const SAID_BY_HEADING: Partial<Record<Scene, Reason['type']>> = {
  'because-you': 'because-you',
  similar: 'similar-to',
  'bought-together': 'similar-to',
  trending: 'trending',
}

/** The first reason that the heading of the shelf does not already give; none for what was viewed. */
export function reasonFor(scene: Scene, reasons: readonly Reason[]): Reason | undefined {
  if (scene === 'recently-viewed') return undefined
  return reasons.find(({ type }) => type !== SAID_BY_HEADING[scene])
}

/** A grey card of exactly the same size, shown until the first list. */
export function createSkeleton(): HTMLLIElement {
  const card = make('span', { class: 'card' }, make('span', { class: 'cover' }))
  card.append(make('span', { class: 'title' }), make('span', { class: 'line' }), make('span', { class: 'line why' }))
  return make('li', { 'aria-hidden': 'true', class: 'skeleton' }, card)
}

function createImage(src: string, cover: HTMLElement): HTMLImageElement {
  const image = make('img', {
    part: 'image',
    loading: 'lazy',
    decoding: 'async',
    referrerpolicy: 'no-referrer',
    alt: '',
    src,
  })
  const bare = () => cover.style.setProperty('background', 'none') // else it shines through at the round corners
  image.addEventListener('load', bare, { once: true })
  image.addEventListener('error', () => image.remove(), { once: true }) // the drawn cover underneath stays
  return image
}

function cardAddress(item: RecommendedItem, link: string): string {
  if (link) return link.replace('{id}', encodeURIComponent(item.id))
  return isWebAddress(item.card.url) ? item.card.url : ''
}

/** Whether a text from a catalogue may stand in `href` or `src`: never `javascript:`; pictures may be `data:image`. */
function isWebAddress(url: string): boolean {
  if (url === '') return false
  if (/^data:image\//.test(url)) return true
  return URL.canParse(url, document.baseURI) && /^https?:$/.test(new URL(url, document.baseURI).protocol)
}

/** Writes a price; empty where there is none. */
export type PriceFormat = (price: number | null, currency: string) => string

/**
 * Prices in the reader's way of writing them; a currency the browser does not know is written behind the number.
 * One format of `Intl` serves all cards of a currency: making one takes a phone longer than drawing the card.
 */
export function createPriceFormat(locale: string): PriceFormat {
  const formats = new Map<string, Intl.NumberFormat>()
  return (price, currency) => {
    if (price === null) return ''
    try {
      const format =
        formats.get(currency) ?? new Intl.NumberFormat(locale || undefined, { style: 'currency', currency })
      formats.set(currency, format)
      return format.format(price)
    } catch {
      return `${price.toFixed(2)} ${currency}`.trim()
    }
  }
}

/** A hue in degrees, always the same for the same text. */
export function hueOf(text: string): number {
  let hash = 7
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 360_007
  return hash % 360
}
