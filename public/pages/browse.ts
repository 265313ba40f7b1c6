import { h, shelf } from '../shop/dom.ts'
import { resultList } from '../shop/result-list.ts'
import type { Page, Shop } from '../shop/shop.ts'
import { categoryPath, hueOf } from '../shop/tiles.ts'

/** All departments. */
export function browsePage(shop: Shop): Page {
  const list = h('ul', { class: 'departments', role: 'list' })
  const note = h('p', { class: 'soft', role: 'status' }, 'Looking…')
  void fill(shop, list, note)
  const leave = shop.recommender.on('ready', () => void fill(shop, list, note))
  return { title: 'Departments', leave, content: h('div', {}, h('h1', { tabindex: -1 }, 'Departments'), note, list) }
}

async function fill(shop: Shop, list: HTMLElement, note: HTMLElement): Promise<void> {
  try {
    const categories = await shop.recommender.categories()
    note.textContent = `${categories.length} departments, all on this device`
    list.replaceChildren(
      ...categories.map(({ name, items }) => {
        const link = h(
          'a',
          { href: categoryPath(name) },
          h('strong', {}, name),
          h('span', {}, `${items.toLocaleString()} items`),
        )
        link.style.setProperty('--hue', String(hueOf(name)))
        return h('li', {}, link)
      }),
    )
  } catch {
    note.textContent = 'The catalogue is not on this device yet. It comes with the first visit online.'
  }
}

/** One department. */
export function categoryPage(shop: Shop, name: string): Page {
  return {
    title: name,
    content: h(
      'div',
      {},
      h('p', { class: 'crumbs' }, h('a', { href: '/browse' }, 'Departments')),
      h('h1', { tabindex: -1 }, name),
      shelf({ scene: 'for-you', category: name }),
      h('h2', {}, `Everything in ${name}`),
      resultList(shop, { category: name }),
    ),
  }
}

/** Results of a search; the words are in the address, so that the page can be shared and reloaded. */
export function searchPage(shop: Shop, text: string): Page {
  const title = text === '' ? 'Search' : `Search: ${text}`
  return { title, content: h('div', {}, h('h1', { tabindex: -1 }, title), resultList(shop, { text })) }
}
