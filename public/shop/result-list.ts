import { h } from './dom.ts'
import type { ItemCard, Shop } from './shop.ts'
import { tile } from './tiles.ts'

const PAGE_ITEMS = 48

/** What is listed. */
export type ListQuery = { readonly text?: string; readonly category?: string }

/**
 * Items of the device's own catalogue, a page at a time, with a choice between the popular and the visitor's own order.
 * Fills itself in; answers nothing.
 */
export function resultList(shop: Shop, query: ListQuery): HTMLElement {
  const count = h('p', { class: 'soft', role: 'status' }, 'Looking…')
  const grid = h('ul', { class: 'grid', role: 'list' })
  const more = h('button', { class: 'button', type: 'button', onclick: () => void load() }, 'Show more')
  const mine = h('input', { type: 'checkbox', onchange: () => void start() })
  const foot = h('p', { class: 'centre', hidden: true }, more)
  let shown = 0
  const start = async () => {
    shown = 0
    grid.replaceChildren()
    await load()
  }
  const load = async () => {
    try {
      const { total, items } = await shop.recommender.search({ ...query, limit: PAGE_ITEMS, offset: shown })
      const cards = mine.checked ? await inMyOrder(shop, items) : items
      shown += items.length
      grid.append(...cards.map(tile))
      count.textContent = total === 0 ? 'Nothing found. Try another word.' : `${total.toLocaleString()} items`
      foot.hidden = shown >= total || items.length === 0
    } catch {
      count.textContent = 'The catalogue is not on this device yet. It comes with the first visit online.'
    }
  }
  void start()
  return h(
    'section',
    { 'aria-label': 'Results' },
    h('div', { class: 'bar' }, count, h('label', { class: 'check' }, mine, ' My taste first')),
    grid,
    foot,
  )
}

async function inMyOrder(shop: Shop, cards: readonly ItemCard[]): Promise<readonly ItemCard[]> {
  const ids = cards.map((card) => card.id)
  const { items } = await shop.recommender.recommend({
    scene: 'rerank',
    items: ids,
    count: ids.length,
    includeSeen: true,
    rules: null,
  })
  const ranked = items.map((item) => item.card)
  const known = new Set(ranked.map((card) => card.id))
  return [...ranked, ...cards.filter((card) => !known.has(card.id))]
}
