import { h, shelf } from '../shop/dom.ts'
import type { Page, Shop } from '../shop/shop.ts'
import { categoryPath } from '../shop/tiles.ts'
import { onboarding } from './onboarding.ts'

/** The front page: every shelf here reacts to each click. */
export function homePage(shop: Shop): Page {
  const chips = h('ul', { class: 'chips', role: 'list' })
  void fillChips(shop, chips)
  const asking = h('div', {}, onboarding(shop))
  return {
    title: 'Home',
    leave: shop.recommender.on('ready', () => {
      void fillChips(shop, chips)
      asking.replaceChildren(onboarding(shop))
    }),
    content: h(
      'div',
      {},
      h(
        'section',
        { class: 'hero' },
        h('h1', { tabindex: -1 }, 'A shop that learns your taste and keeps it to itself.'),
        h(
          'p',
          {},
          'Look around, like something, hide something: the shelves below change at once. All of it is worked out in this browser; ',
          h('a', { href: '/you' }, 'see what it believes about you'),
          '.',
        ),
      ),
      shelf({ scene: 'for-you', count: 16, more: '' }),
      h('nav', { 'aria-label': 'Departments' }, chips),
      asking,
      shelf({ scene: 'trending' }),
      shelf({ scene: 'because-you', empty: 'hide' }),
      shelf({ scene: 'recently-viewed', empty: 'hide' }),
      shelf({ scene: 'fresh', empty: 'hide' }),
    ),
  }
}

async function fillChips(shop: Shop, chips: HTMLElement): Promise<void> {
  try {
    const categories = await shop.recommender.categories()
    const links = categories.slice(0, 10).map(({ name }) => h('li', {}, h('a', { href: categoryPath(name) }, name)))
    chips.replaceChildren(...links, h('li', {}, h('a', { href: '/browse' }, 'All departments')))
  } catch {
    chips.replaceChildren() // the shelves above say why there is nothing
  }
}
