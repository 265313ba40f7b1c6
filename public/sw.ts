import { clientsClaim } from 'workbox-core'
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  type PrecacheEntry,
  precacheAndRoute,
} from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { CacheFirst, NetworkFirst } from 'workbox-strategies'

/** What the worker's script adds to a service worker that imports it. */
type Refresher = { readonly pocketshelf?: { refresh(settings: unknown): Promise<unknown> } }
type PeriodicSyncEvent = ExtendableEvent & { readonly tag: string }

declare const self: ServiceWorkerGlobalScope & Refresher
/** Written by the build: the files of the shell, and a hash of the engine files. */
declare const __SHELL__: PrecacheEntry[]
declare const __ENGINES_REVISION__: string

/** Pictures kept on the device; the oldest go first. */
const MAX_COVERS = 800
const ENGINES = `engines-${__ENGINES_REVISION__}`

try {
  importScripts('/pocketshelf-worker.js')
} catch {
  // Without it there is no refresh in the background, and nothing else is missing.
}

precacheAndRoute(__SHELL__)
cleanupOutdatedCaches()
clientsClaim()

// Deep links work offline; addresses of the edge and files with an ending are not pages.
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\/v1\//, /\.\w+$/] }))

const CONFIG = 'config'
const CONFIG_PATH = '/config.json'
registerRoute(
  ({ url }) => url.pathname === CONFIG_PATH,
  new NetworkFirst({ cacheName: CONFIG, networkTimeoutSeconds: 3 }),
)

// HNSW and the ONNX runtime: 14 MB that most visits never need, so they are kept on first use and not before.
registerRoute(({ url }) => /^\/pocketshelf-(?:hnsw|ort)\b/.test(url.pathname), new CacheFirst({ cacheName: ENGINES }))

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/covers/'),
  new CacheFirst({
    cacheName: 'covers',
    plugins: [
      {
        cacheDidUpdate: ({ cacheName }) => trim(cacheName),
        // Offline a picture that was never seen is simply not there; the drawn cover stays.
        handlerDidError: async () => new Response(null, { status: 404 }),
      },
    ],
  }),
)

self.addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting()
})

// The page has put its own settings where this worker finds them; a page that never ran has nothing to refresh.
self.addEventListener('periodicsync', (event) => {
  const { tag, waitUntil } = event as PeriodicSyncEvent
  if (tag === 'pocketshelf-release') waitUntil.call(event, refreshRelease())
})

// The first page asks for it before this worker controls anything; without it there would be no shop offline.
self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CONFIG).then((cache) => cache.add(CONFIG_PATH)))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldEngines())
})

async function trim(cacheName: string): Promise<void> {
  const cache = await caches.open(cacheName)
  const keys = await cache.keys()
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MAX_COVERS)).map((key) => cache.delete(key)))
}

async function refreshRelease(): Promise<void> {
  const settings = await (await caches.open(CONFIG)).match('/engine.json')
  if (settings) await self.pocketshelf?.refresh(await settings.json())
}

async function dropOldEngines(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(
    names.filter((name) => name.startsWith('engines-') && name !== ENGINES).map((name) => caches.delete(name)),
  )
}
