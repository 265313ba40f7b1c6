import { h, shelf } from '../shop/dom.ts'
import type { ItemCard, Page, Shop } from '../shop/shop.ts'
import { cover, itemPath, priceOf } from '../shop/tiles.ts'

/** The cart, with what goes well with it. */
export function cartPage(shop: Shop): Page {
  const place = h('div', { 'aria-live': 'polite' })
  const beside = h('div')
  const draw = async () => {
    const ids = shop.cart.ids()
    const cards = ids.length === 0 ? [] : await shop.recommender.cards(ids).catch(() => [])
    place.replaceChildren(...(cards.length === 0 ? emptyCart() : fullCart(shop, cards)))
    const suggestions =
      ids.length === 0 ? { scene: 'for-you', item: '' } : { scene: 'bought-together', item: ids.join(' ') }
    beside.replaceChildren(shelf(suggestions))
  }
  void draw()
  const leave = shop.cart.onChange(() => void draw())
  return { title: 'Cart', leave, content: h('div', {}, h('h1', { tabindex: -1 }, 'Your cart'), place, beside) }
}

function emptyCart(): Node[] {
  return [
    h('p', { class: 'soft' }, 'Nothing in it yet.'),
    h('p', {}, h('a', { href: '/browse', class: 'button' }, 'Look around')),
  ]
}

function fullCart(shop: Shop, cards: readonly ItemCard[]): Node[] {
  const total = cards.reduce((sum, card) => sum + (card.price ?? 0), 0)
  const currency = cards[0]?.currency ?? ''
  const buy = () => {
    void shop.recommender.track(
      cards.map((card) => ({
        type: 'purchase' as const,
        item: card.id,
        ...(card.price === null ? {} : { value: card.price, currency: card.currency }),
      })),
    )
    shop.cart.clear()
    shop.say('Thank you! (This is a demo: nothing was ordered.)')
  }
  const rows = cards.map((card) =>
    h(
      'li',
      {},
      h('a', { href: itemPath(card.id), class: 'row' }, cover(card, 'small'), h('strong', {}, card.title || card.id)),
      h('span', {}, priceOf(card)),
      h(
        'button',
        {
          class: 'button',
          type: 'button',
          'aria-label': `Remove ${card.title}`,
          onclick: () => shop.cart.remove(card.id),
        },
        'Remove',
      ),
    ),
  )
  return [
    h('ul', { class: 'rows', role: 'list' }, ...rows),
    h(
      'p',
      { class: 'total' },
      total > 0 && h('strong', {}, `Total ${priceOf({ price: total, currency })}`),
      h('button', { class: 'button main', type: 'button', onclick: buy }, 'Buy (demo)'),
    ),
  ]
}
