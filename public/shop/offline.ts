import type { Recommender } from 'pocketshelf'
import { Workbox } from 'workbox-window'
import type { Shop } from './shop.ts'

/** Named in `sw.ts` as well. */
const REFRESH_TAG = 'pocketshelf-release'
const SETTINGS_CACHE = 'config'
const SETTINGS_PATH = '/engine.json'

const REFRESH_EVERY_MS = 12 * 3_600_000
/** A window that stays open looks this often for a new version of the shop. */
const LOOK_EVERY_MS = 3_600_000

/** What Chromium has and TypeScript does not know. */
type WithPeriodicSync = ServiceWorkerRegistration & {
  readonly periodicSync?: { register(tag: string, options: { readonly minInterval: number }): Promise<void> }
}

/** Registers the service worker, offers a new version when one waits, and asks for releases in the background. */
export async function startOffline(recommender: Recommender, say: Shop['say']): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const workbox = new Workbox('/sw.js')
  workbox.addEventListener('waiting', () => {
    const reload = () => {
      workbox.addEventListener('controlling', () => location.reload())
      workbox.messageSkipWaiting()
    }
    say('A new version of the shop is ready.', { label: 'Reload', run: reload })
  })
  try {
    const registration = await workbox.register()
    if (registration === undefined) return
    lookForVersions(registration)
    await refreshInBackground(registration, recommender)
  } catch {
    // Private mode, or a browser that keeps nothing: the shop works, but not offline.
  }
}

function lookForVersions(registration: ServiceWorkerRegistration): void {
  let lookedAt = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - lookedAt < LOOK_EVERY_MS) return
    lookedAt = Date.now()
    void registration.update().catch(() => undefined) // no network: the next look finds it
  })
}

/**
 * Lets the browser wake the service worker twice a day, so that the newest release is there before the shop is opened. Only Chromium does
 * this, and only for installed shops; elsewhere the page looks while it is open.
 */
async function refreshInBackground(registration: WithPeriodicSync, { settings }: Recommender): Promise<void> {
  const { periodicSync } = registration
  if (periodicSync === undefined || 'code' in settings) return
  const cache = await caches.open(SETTINGS_CACHE)
  await cache.put(SETTINGS_PATH, Response.json(settings.engine))
  await periodicSync.register(REFRESH_TAG, { minInterval: REFRESH_EVERY_MS }).catch(() => undefined) // not installed
}
