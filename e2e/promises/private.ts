import { expect } from '@playwright/test'
import { type Promised, type Scene, SHELF, scriptTag, shownIds } from './scene.ts'

const RELEASE = /^\/v1\/sites\/demo\/(?:channels\/main|objects\/[0-9a-f]{64})$/
const HOUR_MS = 3_600_000

/** What leaves the device, and what does not. */
export const PRIVATE_PROMISES: readonly Promised[] = [
  {
    sentence: 'By default nothing about the visitor leaves the device.',
    async keep(scene) {
      const items = await useShelf(scene)
      const sent = scene.small.wire.sent.filter(({ path }) => path.startsWith('/v1/'))
      expect(sent.length).toBeGreaterThan(3)
      for (const { method, path, body, headers } of sent) {
        expect({ method, body }).toEqual({ method: 'GET', body: '' })
        expect(path).toMatch(RELEASE)
        expect(headers.cookie).toBeUndefined()
        expect(headers.referer).toBeUndefined()
        for (const id of items) expect(`${path} ${JSON.stringify(headers)}`).not.toContain(`"${id}"`)
      }
    },
  },
  {
    sentence:
      'With explicit consent events go to your edge, their time cut to the hour, under a pseudonym that lasts a day.',
    async keep(scene) {
      const items = await useShelf(scene, 'data-consent="first-party"', '', true)
      const batches = () => scene.small.wire.sent.filter(({ method, path }) => method === 'POST' && /events/.test(path))
      await expect.poll(() => batches().length, { timeout: 20_000 }).toBeGreaterThan(0)
      const events: Record<string, unknown>[] = batches().flatMap(({ body }) => JSON.parse(body).events)
      expect(events.map(({ item }) => item)).toEqual(expect.arrayContaining([...items]))
      for (const event of events) {
        expect(Number(event.at) % HOUR_MS).toBe(0)
        expect(event.tzOffsetMin).toBeUndefined()
        expect(event.pseudonym).toMatch(/^[\w-]{22}$/)
      }
      expect(new Set(events.map(({ pseudonym }) => pseudonym)).size).toBe(1)
    },
  },
  {
    sentence: 'Global Privacy Control and Do Not Track switch everything off that could be sent.',
    async keep(scene) {
      const signal = `<script>
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true })
      </script>`
      await useShelf(scene, 'data-consent="first-party"', signal, true)
      const mode = await scene.visitor.evaluate(() => {
        const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
        return pocketshelf.consent.mode()
      })
      expect(mode).toBe('off')
      expect(scene.small.wire.sent.filter(({ method }) => method !== 'GET' && method !== 'OPTIONS')).toEqual([])
    },
  },
  {
    sentence: '“Forget everything” empties the stores of this device.',
    async keep(scene) {
      const items = await useShelf(scene)
      const { visitor } = scene
      const before = await visitor.evaluate(keptTexts)
      expect(before.some((text) => items.some((id) => text.includes(`"${id}"`)))).toBe(true)
      await visitor.evaluate(async () => {
        const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
        await pocketshelf.forget()
      })
      expect(await visitor.evaluate(keptTexts)).toEqual([])
    },
  },
]

/** Shows a shelf, agrees where asked to, and looks at two items. @returns Their ids. */
async function useShelf(scene: Scene, attributes = '', head = '', agrees = false): Promise<readonly string[]> {
  const { visitor, small, host } = scene
  const page = await host(head + SHELF + scriptTag(small, attributes))
  await visitor.goto(page.url)
  await expect.poll(() => visitor.evaluate(shownIds)).toHaveLength(8)
  return visitor.evaluate(async (agrees: boolean) => {
    const { pocketshelf } = window as object as { pocketshelf: typeof window.recommender }
    if (agrees) await pocketshelf.consent.set('first-party', { text: 'Send what I click to this shop.' })
    const { items } = await pocketshelf.recommend({ scene: 'for-you', count: 2 })
    await pocketshelf.track(items.map(({ id }) => ({ type: 'click', item: id })))
    // Whoever leaves a page hands over what waits.
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
    return items.map(({ id }) => id)
  }, agrees)
}

/** Everything in the page's databases that is about the visitor, as text. */
export async function keptTexts(): Promise<string[]> {
  const wait = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((settle, fail) => {
      request.onsuccess = () => settle(request.result)
      request.onerror = () => fail(request.error)
    })
  const texts: string[] = []
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('pocketshelf:profile')) continue
    const db = await wait(indexedDB.open(name))
    for (const store of db.objectStoreNames) {
      const values = await wait(db.transaction(store).objectStore(store).getAll())
      texts.push(...values.map((value) => JSON.stringify(value)))
    }
    db.close()
  }
  return texts
}
