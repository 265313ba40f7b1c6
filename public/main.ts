import { createRecommender, defineShelf, enableInspector, type RecommenderOptions } from 'pocketshelf'
import { Workbox } from 'workbox-window'
import { createCart } from './shop/cart.ts'
import { createToasts, startFrame } from './shop/frame.ts'
import { startRouter } from './shop/router.ts'
import type { Shop } from './shop/shop.ts'
import './style.css'
import './pages/pages.css'
import './pages/onboarding.css'

/** What `pocketshelf dev` serves for the shop: which edge, which site, whose signature. */
async function loadConfig(): Promise<RecommenderOptions> {
  try {
    const response = await fetch('/config.json')
    return await response.json()
  } catch {
    return { site: '', keys: '' } // the shelves then say in place what is missing
  }
}

/** Registers the service worker and offers a new version when one waits. */
function startOffline(say: Shop['say']): void {
  if (!('serviceWorker' in navigator)) return
  const workbox = new Workbox('/sw.js')
  workbox.addEventListener('waiting', () => {
    const reload = () => {
      workbox.addEventListener('controlling', () => location.reload())
      workbox.messageSkipWaiting()
    }
    say('A new version of the shop is ready.', { label: 'Reload', run: reload })
  })
  workbox.register().catch(() => undefined) // private mode: the shop works, but not offline
}

function ownStorage(): Storage | null {
  try {
    return localStorage
  } catch {
    return null // the browser refuses storage; the cart then ends with the page
  }
}

async function main(): Promise<void> {
  const place = document.querySelector<HTMLElement>('main')
  const toasts = document.querySelector<HTMLElement>('[data-toasts]')
  if (!place || !toasts) return
  const recommender = createRecommender({ ...(await loadConfig()), assets: '/', consent: 'first-party', start: 'now' })
  defineShelf(recommender)
  enableInspector(recommender)
  const cart = createCart(ownStorage())
  const say = createToasts(toasts)
  const shop: Shop = { recommender, cart, say, go: (path) => go(path) }
  const go = startRouter(shop, place)
  startFrame(cart, go)
  startOffline(say)
}

void main()
