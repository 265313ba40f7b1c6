import type { Frame, Page } from 'playwright-core'
import type { PageUse, StoredData } from './observation.ts'

/** Run in the page as texts: this folder has no DOM types, and nothing of ours may be called there but what pages call. */
const READ_USE = `(async () => {
  const scripts = [...document.querySelectorAll('script[data-site]')]
  const shelves = [...document.querySelectorAll('pocket-shelf')]
  const cards = shelves.flatMap((shelf) => [...(shelf.shadowRoot?.querySelectorAll('[data-id]') ?? [])])
  const named = [...document.querySelectorAll('[data-item-id]')].map((element) => element.getAttribute('data-item-id'))
  const meta = document.querySelector('meta[name="pocketshelf:item"]')?.getAttribute('content')
  const late = new Promise((settle) => setTimeout(settle, 1000, null))
  const mode = await Promise.race([Promise.resolve(window.pocketshelf?.consent?.mode?.() ?? null).catch(() => null), late])
  return {
    edges: scripts.map((script) => new URL(script.dataset.edge || '/', location.href).origin),
    isMemoryOnly: scripts.some((script) => script.dataset.storage === 'memory'),
    consent: typeof mode === 'string' ? mode : scripts.length > 0 ? 'off' : null,
    items: [...cards.map((card) => card.getAttribute('data-id')), ...named, meta].filter(Boolean),
    shelves: shelves.length,
    cards: cards.length,
  }
})()`

const READ_STORAGE = `(async () => {
  const entries = (name) => {
    try {
      return Object.entries(window[name]).map(([key, value]) => ({ key, value: value.slice(0, 2000), bytes: key.length + value.length }))
    } catch { return [] }
  }
  const databases = await indexedDB.databases?.().catch(() => []) ?? []
  const names = await caches?.keys?.().catch(() => []) ?? []
  return { origin: location.origin, local: entries('localStorage'), session: entries('sessionStorage'),
    databases: databases.map(({ name }) => name), caches: names }
})()`

const NOTHING: PageUse = { edges: [], isMemoryOnly: false, consent: null, items: [], shelves: 0, cards: 0 }

/** How the page uses Pocketshelf now; nothing while it is on its way to another page. */
export async function readUse(page: Page): Promise<PageUse> {
  return page.evaluate<PageUse>(READ_USE).catch(() => NOTHING)
}

/** What one frame's origin has stored. */
export async function readStorage(frame: Frame): Promise<StoredData> {
  return frame.evaluate<StoredData>(READ_STORAGE)
}
