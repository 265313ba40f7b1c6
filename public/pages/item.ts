import { h, shelf } from '../shop/dom.ts'
import type { ItemCard, Page, Shop } from '../shop/shop.ts'
import { categoryPath, cover, priceOf } from '../shop/tiles.ts'

/** The page of one item. */
export function itemPage(shop: Shop, id: string): Page {
  const top = h('article', { class: 'item' }, h('span', { class: 'cover waiting' }), details(shop, { ...WAITING, id }))
  top.inert = true // nothing to act on yet, but everything already has its place
  void fill(shop, id, top)
  return {
    title: 'Item',
    content: h(
      'div',
      {},
      top,
      shelf({ scene: 'similar', item: id }),
      shelf({ scene: 'for-you' }),
      shelf({ scene: 'bought-together', item: id, empty: 'hide' }), // last: it appears only once it has something to say
    ),
  }
}

/** What stands in the place of an item until its card is there. */
const WAITING = { title: 'One moment…', category: '\u00a0', price: null, currency: '' } as const

async function fill(shop: Shop, id: string, top: HTMLElement): Promise<void> {
  const heading = top.querySelector('h1')
  try {
    const [card] = await shop.recommender.cards([id])
    if (!card) {
      if (heading) heading.textContent = 'This item is not on this device'
      return
    }
    void shop.recommender.track({ type: 'view', item: id })
    document.title = `${card.title} · ${document.title.split(' · ').at(-1)}`
    top.replaceChildren(cover(card, 'large'), details(shop, card))
    top.inert = false
  } catch {
    if (heading) heading.textContent = 'The catalogue is not on this device yet'
  }
}

type Told = Pick<ItemCard, 'id' | 'title' | 'category' | 'price' | 'currency'>

function details(shop: Shop, card: Told): HTMLElement {
  const { cart, recommender, say } = shop
  const { id } = card
  const add = () => {
    cart.add(id)
    void recommender.track({ type: 'cart', item: id })
    say(`“${card.title}” is in your cart.`, { label: 'Open cart', run: () => shop.go('/cart') })
  }
  const opinion = (type: 'like' | 'dislike', message: string) => () => {
    void recommender.track({ type, item: id })
    say(message)
  }
  const price = priceOf(card)
  return h(
    'div',
    { class: 'details' },
    h('p', { class: 'crumbs' }, h('a', { href: categoryPath(card.category) }, card.category)),
    h('h1', { tabindex: -1 }, card.title || id),
    h('p', { class: 'price' }, price || '\u00a0'),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'button main', type: 'button', onclick: add }, 'Add to cart'),
      h(
        'button',
        { class: 'button', type: 'button', onclick: opinion('like', 'You will see more like this.') },
        '♥ Like',
      ),
      h(
        'button',
        { class: 'button', type: 'button', onclick: opinion('dislike', 'You will see less like this.') },
        'Not for me',
      ),
    ),
    h(
      'p',
      { class: 'soft' },
      'Your visit to this page is remembered on this device. ',
      h('a', { href: '/you' }, 'See and change what is remembered'),
      '.',
    ),
  )
}
