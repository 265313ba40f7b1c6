import { browsePage, categoryPage, searchPage } from '../pages/browse.ts'
import { cartPage } from '../pages/cart.ts'
import { homePage } from '../pages/home.ts'
import { itemPage } from '../pages/item.ts'
import { listsPage } from '../pages/lists.ts'
import { youPage } from '../pages/you.ts'
import { h } from './dom.ts'
import type { Page, Shop } from './shop.ts'

const SHOP_NAME = 'Pocketshelf demo shop'

/** Picks the page for an address. */
function pageOf(shop: Shop, url: URL): Page {
  const [first = '', second = ''] = url.pathname.split('/').slice(1).map(decodePart)
  if (first === '') return homePage(shop)
  if (first === 'browse') return browsePage(shop)
  if (first === 'category' && second) return categoryPage(shop, second)
  if (first === 'search') return searchPage(shop, url.searchParams.get('q')?.trim() ?? '')
  if (first === 'item' && second) return itemPage(shop, second)
  if (first === 'lists') return listsPage(shop)
  if (first === 'cart') return cartPage(shop)
  if (first === 'you') return youPage(shop)
  const back = h('p', {}, h('a', { href: '/', class: 'button' }, 'To the front page'))
  return { title: 'Not found', content: h('div', {}, h('h1', { tabindex: -1 }, 'There is no such page'), back) }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray percent sign typed by hand
  }
}

/**
 * Shows pages in `main` and follows the shop's own links without loading the document again. Moves the focus to the heading
 * of a new page and brings the scroll position back on the way back.
 */
export function startRouter(shop: Shop, main: HTMLElement): (path: string) => void {
  let page: Page | null = null
  const show = (scrollTop: number, isFirst = false) => {
    page?.leave?.()
    page = pageOf(shop, new URL(location.href))
    document.title = `${page.title} · ${SHOP_NAME}`
    main.replaceChildren(page.content)
    scrollTo({ top: scrollTop, behavior: 'instant' })
    if (!isFirst) main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
    markCurrent()
  }
  const go = (path: string) => {
    history.replaceState({ top: scrollY }, '')
    history.pushState({ top: 0 }, '', path)
    show(0)
  }
  history.scrollRestoration = 'manual'
  addEventListener('popstate', (event) => show(Number(event.state?.top) || 0))
  document.addEventListener('click', (event) => {
    const path = ownPath(event)
    if (path === null) return
    event.preventDefault()
    go(path)
  })
  show(0, true)
  return go
}

/** The path of the shop that a plain click leads to; null for everything else. Looks through shadow roots. */
function ownPath(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return null
  const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.href !== '')
  if (!(link instanceof HTMLAnchorElement) || link.hasAttribute('download') || link.target !== '') return null
  const url = new URL(link.href)
  if (url.origin !== location.origin || (url.hash !== '' && url.pathname === location.pathname)) return null
  return url.pathname + url.search
}

function markCurrent(): void {
  for (const link of document.querySelectorAll('header a')) {
    if (link.getAttribute('href') === location.pathname) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}
