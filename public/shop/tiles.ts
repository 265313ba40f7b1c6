import { h } from './dom.ts'
import type { ItemCard } from './shop.ts'

const LANGUAGE = document.documentElement.lang
/** One for each currency: making one takes longer than drawing the tile. */
const formats = new Map<string, Intl.NumberFormat>()

/** A cover: the picture of the catalogue, or one drawn from category and title. */
export function cover(card: ItemCard, className = ''): HTMLElement {
  const frame = h('span', { class: `cover ${className}` }, h('span', { 'aria-hidden': 'true' }, card.title || card.id))
  const turn = hueOf(card.id + card.title)
  frame.style.setProperty('--hue', String(hueOf(card.category || card.title) + (turn % 30)))
  frame.style.setProperty('--x', `${30 + (turn % 55)}%`)
  if (card.image) {
    const image = h('img', {
      src: card.image,
      alt: '',
      loading: 'lazy',
      decoding: 'async',
      referrerpolicy: 'no-referrer',
    })
    image.addEventListener('load', () => frame.style.setProperty('background', 'none'), { once: true })
    image.addEventListener('error', () => image.remove(), { once: true })
    frame.append(image)
  }
  return frame
}

/** An item in a grid. */
export function tile(card: ItemCard): HTMLElement {
  return h(
    'li',
    { class: 'tile' },
    h(
      'a',
      { href: itemPath(card.id) },
      cover(card),
      h('strong', {}, card.title || card.id),
      h('span', { class: 'soft' }, priceOf(card) || card.category),
    ),
  )
}

export function itemPath(id: string): string {
  return `/item/${encodeURIComponent(id)}`
}

export function categoryPath(name: string): string {
  return `/category/${encodeURIComponent(name)}`
}

/** The price as the reader writes it; empty where the catalogue has none. */
export function priceOf({ price, currency }: Pick<ItemCard, 'price' | 'currency'>): string {
  if (price === null) return ''
  try {
    const format = formats.get(currency) ?? new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency })
    formats.set(currency, format)
    return format.format(price)
  } catch {
    return `${price.toFixed(2)} ${currency}`.trim()
  }
}

/** A hue in degrees, the same for the same text. */
export function hueOf(text: string): number {
  let hash = 7
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 360_007
  return hash % 360
}
