import { createRecommender, defineShelf, enableInspector, type RecommenderOptions } from 'pocketshelf'
import { createCart } from './shop/cart.ts'
import { createToasts, startFrame } from './shop/frame.ts'
import { createInstaller } from './shop/install.ts'
import { startOffline } from './shop/offline.ts'
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
  const offer = document.querySelector<HTMLElement>('[data-install]')
  if (!place || !toasts || !offer) return
  const storage = ownStorage()
  const installer = createInstaller(offer, storage) // at once: the browser offers it when it likes
  const recommender = createRecommender({ ...(await loadConfig()), assets: '/', consent: 'first-party', start: 'now' })
  defineShelf(recommender)
  enableInspector(recommender)
  const cart = createCart(storage)
  const say = createToasts(toasts)
  const shop: Shop = { recommender, cart, installer, say, go: (path) => go(path) }
  const go = startRouter(shop, place)
  startFrame(cart, go)
  void startOffline(recommender, say)
}

void main()
