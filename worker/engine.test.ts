import { describe, expect, test } from 'vitest'
import { createMemoryFeedback } from '#worker/core/feedback/memory-store'
import { createEngine } from './engine.ts'
import { createMemoryProfile } from './store/memory-profile.ts'
import { createMemoryShards } from './store/memory-shards.ts'
import { click, code, ids, KEY, loaded, openPage, publishedEdge, value } from './testing/page.ts'
import { passTurns } from './testing/pass-turns.ts'
import { createTestDeps, TestBrowser, testOptions } from './testing/test-deps.ts'

describe('storage', () => {
  test('goes on from memory with storage-refused when IndexedDB is refused', async () => {
    const edge = publishedEdge()
    const refuse = async (): Promise<never> => {
      throw new DOMException('no', 'SecurityError')
    }
    const stores = {
      shards: { ...createMemoryShards(), sizes: refuse },
      profile: { ...createMemoryProfile(), read: refuse },
      feedback: createMemoryFeedback(),
    }
    const memory = { shards: createMemoryShards(), profile: createMemoryProfile(), feedback: createMemoryFeedback() }
    const page = await openPage(edge, {
      deps: { openStores: (_name, mode) => (mode === 'persistent' ? stores : memory) },
    })
    expect(value(page.started)).toMatchObject({ storage: 'memory', lastError: { code: 'storage-refused' } })
    await page.engine.track([click('item-1')])
    expect(value(await page.engine.status()).historyItems).toBe(1)
  })

  test('goes on in memory when the browser does not read its storage, and says so', async () => {
    const hang = () => new Promise<never>(() => undefined)
    const { stores } = new TestBrowser()
    const memory = { shards: createMemoryShards(), profile: createMemoryProfile(), feedback: createMemoryFeedback() }
    const deps = createTestDeps(publishedEdge())
    const hanging = { ...stores, profile: { ...stores.profile, read: hang } }
    const engine = createEngine({
      ...deps,
      openStores: (_name, mode) => (mode === 'persistent' ? hanging : memory),
    })
    const starting = engine.start(testOptions(KEY.publicKey), () => undefined)
    await passTurns()
    deps.timers.advance(5_000)
    expect(value(await starting)).toMatchObject({ storage: 'memory', lastError: { code: 'storage-refused' } })
    expect(await ids(engine)).toHaveLength(10)
  })

  test('loses nothing of the session when the disk is full mid-way', async () => {
    const shards = createMemoryShards()
    const profile = createMemoryProfile()
    const full = async (): Promise<never> => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    const feedback = createMemoryFeedback()
    const stores = { shards: { ...shards, put: full }, profile: { ...profile, write: full }, feedback }
    const page = await openPage(publishedEdge(), { deps: { openStores: () => stores } })
    expect(await loaded(page)).toMatchObject({ residentItems: 120 })
    await page.engine.track([click('item-1'), click('item-5')])
    expect(value(await page.engine.recommend({ scene: 'for-you', count: 5 })).personal).toBe(true)
    expect(value(await page.engine.status())).toMatchObject({ historyItems: 2, lastError: { code: 'storage-refused' } })
  })

  test('writes nothing in memory mode', async () => {
    const browser = new TestBrowser()
    const page = await openPage(publishedEdge(), { browser, options: { storage: 'memory' } })
    await loaded(page)
    await page.engine.track([click('item-1')])
    expect(await browser.stores.shards.sizes()).toEqual([])
    expect(await browser.stores.profile.read('events')).toEqual([])
  })
})

describe('calls', () => {
  test('50 rapid calls all settle, each with a whole list', async () => {
    const page = await openPage(publishedEdge())
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 5 === 0 ? page.engine.track([click(`item-${i}`)]) : page.engine.recommend({ scene: 'for-you', count: 12 }),
      ),
    )
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    expect(value(await page.engine.status()).historyItems).toBe(10)
  })

  test.each([
    ['an unknown scene', { scene: 'nowhere', count: 5 }],
    ['a count of 0', { scene: 'for-you', count: 0 }],
    ['a count of 1,000', { scene: 'for-you', count: 1_000 }],
    ['rerank without items', { scene: 'rerank', count: 5 }],
    ['a time that is none', { scene: 'for-you', count: 5, now: Number.NaN }],
    ['nothing', null],
  ])('refuse %s with bad-request and go on', async (_what, request) => {
    const page = await openPage(publishedEdge())
    expect(code(await page.engine.recommend(request as never))).toBe('bad-request')
    expect(await ids(page.engine)).toHaveLength(10)
  })

  test('refuse a malformed event with bad-request and keep none of its call', async () => {
    const page = await openPage(publishedEdge())
    expect(code(await page.engine.track([click('item-1'), { type: 'click', item: '' }]))).toBe('bad-request')
    expect(value(await page.engine.history())).toEqual([])
  })

  test('before the start are refused with not-ready', async () => {
    expect(code(await createEngine(createTestDeps(publishedEdge())).status())).toBe('not-ready')
  })

  test('search by words and category, the most popular first', async () => {
    const page = await openPage(publishedEdge())
    await loaded(page)
    const found = value(await page.engine.search({ text: 'NÚMBER 1', category: 'Crime', limit: 3 }))
    expect(found.total).toBe(12)
    expect(found.items.map(({ id }) => id)).toEqual(['item-1', 'item-13', 'item-17'])
    expect(value(await page.engine.categories())[0]).toEqual({ name: 'Comedy', items: 30 })
  })

  test('recommend neither hidden nor excluded items, and filter by category and price', async () => {
    const page = await openPage(publishedEdge())
    await loaded(page)
    await page.engine.track([{ type: 'hide', item: 'item-0' }])
    expect(await ids(page.engine)).not.toContain('item-0')
    const reply = value(
      await page.engine.recommend({
        scene: 'for-you',
        count: 5,
        categories: ['Travel'],
        minPrice: 10,
        exclude: ['item-11'],
      }),
    )
    expect(reply.items.map(({ id }) => id)).toEqual(['item-15', 'item-19', 'item-23', 'item-27', 'item-31'])
  })
})
