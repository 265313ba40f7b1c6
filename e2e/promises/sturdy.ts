import { expect } from '@playwright/test'
import { livePointer, resign } from '../support/forged.ts'
import { keptTexts } from './private.ts'
import { headingText, type Promised, type Scene, SHELF, scriptTag, shownIds } from './scene.ts'

/** What holds when the world is unkind. */
export const STURDY_PROMISES: readonly Promised[] = [
  {
    sentence: 'After the first visit the whole shop works without a network, a reload included.',
    async keep({ visitor, demo: { wire } }) {
      await visitor.goto(wire.url)
      await expect.poll(() => visitor.evaluate(shownIds), { timeout: 20_000 }).toHaveLength(16)
      const isComplete = () => performance.getEntriesByName('pocketshelf:engines-ready').length
      await expect.poll(() => visitor.evaluate(isComplete), { timeout: 90_000 }).toBe(1)
      await visitor.evaluate(async () => {
        await navigator.serviceWorker.ready
      })
      wire.isCut = true
      await visitor.goto(`${wire.url}/browse`)
      await expect.poll(() => visitor.evaluate(() => document.body.textContent)).toContain('all on this device')
      await visitor.goto(wire.url)
      await expect.poll(() => visitor.evaluate(shownIds), { timeout: 20_000 }).toHaveLength(16)
      await visitor.click(() =>
        document.querySelector('pocket-shelf')?.shadowRoot?.querySelector('li[data-id]:nth-child(2) a.card'),
      )
      await expect.poll(() => visitor.evaluate(() => document.body.textContent)).toContain('Add to cart')
      await visitor.click(() => document.querySelector('a.brand'))
      await expect.poll(() => visitor.evaluate(headingText)).toBe('For you')
    },
  },
  {
    sentence: 'Where a list cannot come, your own fallback content stays.',
    async keep({ visitor, small, host }) {
      const nobody = { site: small.site, wire: { ...small.wire, url: 'http://127.0.0.1:9' } }
      const script = scriptTag(small).replace(/data-edge="[^"]*"/, `data-edge="${nobody.wire.url}"`)
      const page = await host(SHELF, { pages: { '/wrong-edge': SHELF + script } })
      await visitor.goto(page.url) // no script at all
      expect(await visitor.evaluate(() => document.body.textContent)).toContain('Our bestsellers')
      await visitor.goto(`${page.url}wrong-edge`)
      await expect.poll(() => visitor.evaluate(() => window.recErrors)).toContain('edge-unreachable')
      const place = await visitor.evaluate(() => document.querySelector('a')?.getBoundingClientRect().height ?? 0)
      expect(place).toBeGreaterThan(0)
    },
  },
  {
    sentence: 'A strict Content-Security-Policy with Trusted Types is enough; `unsafe-eval` is never asked for.',
    async keep({ visitor, demo, host }) {
      const { url } = demo.wire
      const policy = [
        "default-src 'none'",
        `script-src 'nonce-notes' ${url} 'wasm-unsafe-eval'`,
        'worker-src blob:',
        `connect-src ${url}`,
        `img-src 'self' ${url}`,
        "require-trusted-types-for 'script'",
        'trusted-types pocketshelf',
      ].join('; ')
      const page = await host(SHELF + scriptTag(demo, 'data-ranker="onnx"'), {
        headers: { 'content-security-policy': policy },
      })
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds), { timeout: 20_000 }).toHaveLength(8)
      const status = () =>
        visitor.evaluate(() => (window as object as { pocketshelf: typeof window.recommender }).pocketshelf.status())
      await expect.poll(async () => (await status()).ranker, { timeout: 30_000 }).toBe('onnx')
      expect((await status()).retrievers).toEqual(['scan'])
      expect((await status()).lastError).toBeNull()
    },
  },
  {
    sentence: 'Where the browser refuses storage, lists and history live in memory.',
    async keep(scene) {
      const refuse = `<script>
        const refusal = () => { throw new DOMException('refused', 'SecurityError') }
        for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: refusal })
        const Real = window.Blob
        window.Blob = class extends Real {
          constructor(parts = [], options) {
            const first = "indexedDB.open = () => { throw new DOMException('refused', 'SecurityError') };"
            super(options?.type === 'text/javascript' ? [first, ...parts] : parts, options)
          }
        }
      </script>`
      expect(await historyOf(scene, refuse)).toEqual({ storage: 'memory', items: 1, kept: [] })
    },
  },
  {
    sentence: 'With `data-storage="memory"` nothing outlives the page.',
    async keep(scene) {
      expect(await historyOf(scene, '', 'data-storage="memory"')).toEqual({ storage: 'memory', items: 1, kept: [] })
      await scene.visitor.goto(await scene.visitor.evaluate(() => location.href))
      await expect.poll(() => scene.visitor.evaluate(headingText)).toBe('Popular now')
    },
  },
  {
    sentence: 'With `data-storage="ask"` nothing is kept until the visitor agrees, and everything works meanwhile.',
    async keep(scene) {
      const { visitor } = scene
      const asked = await historyOf(scene, '', 'data-storage="ask"')
      expect(asked).toEqual({ storage: 'memory', items: 1, kept: [] })
      await expect.poll(() => visitor.evaluate(headingText)).toBe('For you')
      await visitor.click(() =>
        [...document.body.children].at(-1)?.shadowRoot?.querySelector('section button:first-of-type'),
      )
      const kept = () =>
        visitor.evaluate(async () => {
          const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
          const { storage, historyItems } = await pocketshelf.status()
          return { storage, historyItems }
        })
      await expect.poll(kept).toEqual({ storage: 'persistent', historyItems: 1 })
      await expect.poll(async () => (await visitor.evaluate(keptTexts)).join()).toContain('"type":"like"')
      await visitor.goto(await visitor.evaluate(() => location.href))
      await expect.poll(() => visitor.evaluate(headingText)).toBe('For you')
    },
  },
  {
    sentence: 'A later visit refuses an older release that is played again.',
    async keep({ visitor, small, host }) {
      const pointer = await livePointer(small.site)
      const newer = await resign(small.site, pointer, { sequence: pointer.sequence + 1 })
      small.wire.tamper = (path, answer) => {
        const { etag: _tag, ...headers } = answer.headers
        if (!path.endsWith('/channels/main')) return answer
        return { status: 200, headers, body: Buffer.from(JSON.stringify(newer)) }
      }
      const page = await host(SHELF + scriptTag(small))
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      small.wire.tamper = undefined // what the edge itself offers, genuinely signed, is the older one now
      await visitor.goto(page.url)
      await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
      const code = await visitor.evaluate(async () => {
        const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
        return pocketshelf.refresh().then(
          () => 'fine',
          (error) => String(error.code),
        )
      })
      expect(code).toBe('sequence-replayed')
      expect(await visitor.evaluate(shownIds)).toHaveLength(8)
    },
  },
]

/** Opens a page with this head, likes the second card, and answers what status and the browser's own storage say. */
async function historyOf({ visitor, small, host }: Scene, head: string, attributes = '') {
  const page = await host(head + SHELF + scriptTag(small, attributes))
  await visitor.goto(page.url)
  await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
  return visitor.evaluate(async () => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    const { items } = await pocketshelf.recommend({ scene: 'for-you', count: 2 })
    await pocketshelf.track({ type: 'like', item: items[1]?.id ?? '' })
    const { storage, historyItems } = await pocketshelf.status()
    const databases = (await indexedDB.databases()).map(({ name }) => name)
    return { storage, items: historyItems, kept: databases }
  })
}
