import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from '../harness/places.ts'
import type { BenchRelease } from '../harness/releases.ts'

/** Keeps the page and the built files for offline starts, and leaves the edge's answers to the engine's own store. */
const SERVICE_WORKER = `
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).pathname.startsWith('/v1/')) return
  event.respondWith(
    caches.open('page').then(async (cache) => {
      const kept = await cache.match(request.url)
      if (kept) return kept
      const answer = await fetch(request)
      if (answer.ok) await cache.put(request.url, answer.clone())
      return answer
    }),
  )
})
`

/** On the first list it clicks the first item, as a visitor would who came for it: the next list is personal. */
const FIRST_CLICK = `
addEventListener('rec-list', (event) => {
  const item = event.detail.items[0]
  if (item) void pocketshelf.track([{ type: 'click', item: item.id }])
}, { once: true })
`

const shelf = '<pocket-shelf scene="for-you" count="20"></pocket-shelf>'

function page({ site, publicKey }: BenchRelease, body: string, more = ''): string {
  const script = `<script src="/pocketshelf.js" data-site="${site}" data-keys="${publicKey}" data-tier="desktop" data-track="manual"${more}></script>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">${script}<body>${body}`
}

/**
 * Writes the pages of the bench:
 *
 * | page               | holds                                                         |
 * | ------------------ | ------------------------------------------------------------- |
 * | `blank.html`       | nothing: what a renderer takes by itself                      |
 * | `calls.html`       | the script alone, for measured calls                          |
 * | `calls-onnx.html`  | the same, asking for ONNX Runtime                             |
 * | `shelf.html`       | a shelf of 20                                                 |
 * | `first-click.html` | the same, and a click as soon as the first list is there      |
 * | `offline.html`     | the same, kept by a service worker                            |
 *
 * @returns Their directory.
 */
export async function writePages(release: BenchRelease): Promise<string> {
  const dir = cacheDir(`pages-${release.items}`)
  const pages = {
    'blank.html': '<!doctype html><title>Blank</title><link rel="icon" href="data:,">',
    'calls.html': page(release, ''),
    'calls-onnx.html': page(release, '', ' data-ranker="onnx"'),
    'shelf.html': page(release, shelf),
    'first-click.html': page(release, `${shelf}<script>${FIRST_CLICK}</script>`),
    'offline.html': page(release, `${shelf}<script>navigator.serviceWorker.register('/bench-sw.js')</script>`),
    'bench-sw.js': SERVICE_WORKER,
  }
  for (const [name, text] of Object.entries(pages)) await writeFile(join(dir, name), text)
  return dir
}
