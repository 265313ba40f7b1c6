import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '#contract/errors'
import { SEQUENCE_STEPS, STEP } from '#contract/pointer'
import type { EngineApi, EngineOptions, EngineStatus, Outcome, RecommendReply, TrackInput } from '#contract/rpc'
import { createEngine } from './engine.ts'
import { createMemoryProfile } from './store/memory-profile.ts'
import { createMemoryShards } from './store/memory-shards.ts'
import { createTestDeps, NoticeLog, TestBrowser, type TestDeps, testOptions } from './testing/test-deps.ts'
import { TinyEdge } from './testing/tiny-edge.ts'
import { buildTinyRelease, createTinyKey, signPointer } from './testing/tiny-release.ts'

const KEY = createTinyKey()
const RELEASE = buildTinyRelease()

type Page = {
  readonly engine: EngineApi
  readonly notices: NoticeLog
  readonly deps: TestDeps
  readonly started: Outcome<EngineStatus>
}

function publishedEdge(): TinyEdge {
  const edge = new TinyEdge()
  edge.publish(RELEASE, signPointer(KEY, RELEASE))
  return edge
}

async function openPage(
  edge: TinyEdge,
  {
    browser,
    options,
    deps,
  }: { browser?: TestBrowser; options?: Partial<EngineOptions>; deps?: Partial<TestDeps> } = {},
): Promise<Page> {
  const world = Object.assign(createTestDeps(edge, browser), deps)
  const engine = createEngine(world)
  const notices = new NoticeLog()
  const started = await engine.start(testOptions(KEY.publicKey, options), notices.notify)
  return { engine, notices, deps: world, started }
}

function value<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
}

function code(outcome: Outcome<unknown>): ErrorCode | null {
  return outcome.ok ? null : outcome.error.code
}

async function ids(engine: EngineApi, request: { count?: number } = {}): Promise<string[]> {
  const reply: RecommendReply = value(await engine.recommend({ scene: 'for-you', count: 10, ...request }))
  return reply.items.map(({ id }) => id)
}

const click = (item: string): TrackInput => ({ type: 'click', item })

/** Waits until all background loading of a page has ended: a refresh stands behind it in the queue. */
async function loaded({ engine }: Page): Promise<EngineStatus> {
  return value(await engine.refresh())
}

describe('first visit', () => {
  test('answers popular items before the catalogue is complete, then all cells', async () => {
    const page = await openPage(publishedEdge())
    expect(value(page.started).residentItems).toBe(40)
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 10 }))
    expect(reply).toMatchObject({ personal: false, release: 'tiny-1', ranker: 'trees' })
    expect(reply.items.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, i) => `item-${i}`))
    expect(reply.items[3]?.card).toMatchObject({
      category: 'Travel',
      price: 3.99,
      currency: 'EUR',
      title: 'Travel number 3',
    })
    expect(await loaded(page)).toMatchObject({ residentItems: 120, residentCells: 3, totalCells: 3, lastError: null })
    expect(page.notices.all[0]).toEqual({ type: 'ready', release: 'tiny-1', personal: false })
  })

  test('sends no credentials and no referrer', async () => {
    const edge = publishedEdge()
    await loaded(await openPage(edge))
    expect(edge.requests.length).toBeGreaterThan(10)
    for (const { init } of edge.requests)
      expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' })
  })

  test('changes the list after clicks in one category and says why', async () => {
    const page = await openPage(publishedEdge())
    await loaded(page)
    expect(value(await page.engine.track([click('item-1'), click('item-5'), click('item-9')]))).toBe(3)
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 10 }))
    expect(reply.personal).toBe(true)
    expect(reply.items.every(({ card }) => card.category === 'Crime')).toBe(true)
    expect(reply.items.map(({ id }) => id)).not.toContain('item-5')
    expect(reply.items.flatMap(({ reasons }) => reasons.map(({ type }) => type))).toContain('because-you')
    expect(page.notices.all.filter(({ type }) => type === 'profile-changed')).toHaveLength(1)
  })

  test('holds no more items than the tier allows', async () => {
    const release = buildTinyRelease({ itemCount: 12_000, cellItems: 3_000 })
    const edge = new TinyEdge()
    edge.publish(release, signPointer(KEY, release))
    const page = await openPage(edge, { options: { tier: 'saver' } })
    expect(await loaded(page)).toMatchObject({ tier: 'saver', residentItems: 6_000, totalCells: 4 })
  })

  test('fails with edge-unreachable without network, and starts when it is back', async () => {
    const edge = publishedEdge()
    edge.isOnline = false
    const page = await openPage(edge)
    expect(code(page.started)).toBe('edge-unreachable')
    expect(code(await page.engine.recommend({ scene: 'for-you', count: 5 }))).toBe('not-ready')
    edge.isOnline = true
    expect(value(await page.engine.start(testOptions(KEY.publicKey), page.notices.notify)).release).toBe('tiny-1')
  })

  test.each([
    [
      'a page of HTML',
      () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } }),
      'edge-misconfigured',
    ],
    ['a missing site', () => new Response('<html></html>', { status: 404 }), 'edge-misconfigured'],
    ['a failure', () => new Response('', { status: 500 }), 'edge-unreachable'],
    ['too many requests', () => new Response('', { status: 429 }), 'rate-limited'],
    ['an endless answer', () => new Response('x'.repeat(100_000)), 'hash-mismatch'],
    ['a wrong document', () => Response.json({ v: 1 }), 'pointer-malformed'],
  ] as const)('names %s instead of a pointer by its code', async (_what, answer, expected) => {
    const edge = publishedEdge()
    edge.intercept = ({ path }) => (path.startsWith('channels/') ? answer() : undefined)
    expect(code((await openPage(edge)).started)).toBe(expected)
  })

  test('fails with release-missing where nothing was published', async () => {
    expect(code((await openPage(new TinyEdge())).started)).toBe('release-missing')
  })

  test('gives up a request that never ends at its deadline', async () => {
    const edge = publishedEdge()
    const deps = createTestDeps(edge)
    const engine = createEngine({ ...deps, fetch: () => new Promise(() => undefined) })
    const start = engine.start(testOptions(KEY.publicKey), () => undefined)
    for (let i = 0; i < 50; i++) await Promise.resolve()
    deps.timers.advance(10_000)
    expect(code(await start)).toBe('edge-unreachable')
  })
})

describe('trust', () => {
  test('refuses a pointer that another key signed', async () => {
    const edge = new TinyEdge()
    edge.publish(RELEASE, signPointer(createTinyKey(), RELEASE))
    expect(code((await openPage(edge)).started)).toBe('signature-invalid')
  })

  test('refuses a pointer whose fields changed after signing', async () => {
    const edge = new TinyEdge()
    edge.publish(RELEASE, { ...signPointer(KEY, RELEASE), sequence: 9 * SEQUENCE_STEPS })
    expect(code((await openPage(edge)).started)).toBe('signature-invalid')
  })

  test('takes either of two keys', async () => {
    const page = await openPage(publishedEdge(), { options: { keys: [createTinyKey().publicKey, KEY.publicKey] } })
    expect(page.started.ok).toBe(true)
  })

  test('keeps the newer release when an older sequence is replayed', async () => {
    const edge = publishedEdge()
    const second = buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    edge.publish(RELEASE, signPointer(KEY, RELEASE))
    const page = await openPage(edge, { browser })
    expect(code(await page.engine.refresh())).toBe('sequence-replayed')
    expect(value(await page.engine.status())).toMatchObject({
      release: 'tiny-2',
      sequence: 2 * SEQUENCE_STEPS + STEP.full,
      lastError: { code: 'sequence-replayed' },
    })
  })

  test('says so where the browser cannot verify signatures', async () => {
    expect(code((await openPage(publishedEdge(), { deps: { subtle: undefined } })).started)).toBe(
      'signature-unsupported',
    )
  })

  test('uses the canary release on the share of devices that draw it, with the arm in its events', async () => {
    const canary = buildTinyRelease({ name: 'tiny-canary' })
    const arms: string[] = []
    for (const uniform of [0.04, 0.06]) {
      const edge = publishedEdge()
      edge.publish(canary, signPointer(KEY, RELEASE, { canary: { manifest: canary.manifestHash, share: 0.05 } }))
      const page = await openPage(edge, { deps: { random: () => uniform } })
      await page.engine.track([click('item-1')])
      const [event] = value(await page.engine.history())
      arms.push(`${event?.release} ${event?.arm}`)
    }
    expect(arms).toEqual(['tiny-canary canary', 'tiny-1 main'])
  })
})

describe('damaged objects', () => {
  const damage = {
    truncated: (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, bytes.length - 5),
    'bit-flipped': (bytes: Uint8Array<ArrayBuffer>) =>
      bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 4 : byte)),
  } as const

  test.each(Object.entries(damage))(
    'leaves a cell with a %s object out on a first visit, and repairs it later',
    async (_how, change) => {
      const edge = publishedEdge()
      const hash = RELEASE.cells[1]?.objects.columns.hash ?? ''
      const good = edge.objects.get(hash) ?? new Uint8Array()
      edge.objects.set(hash, change(good))
      edge.intercept = ({ path }) =>
        path.startsWith('channels/') && edge.count('channels/') > 1 ? new Response('', { status: 500 }) : undefined
      const page = await openPage(edge)
      await page.engine.refresh()
      expect(value(await page.engine.status())).toMatchObject({ residentItems: 80, residentCells: 2 })
      expect(page.notices.all).toContainEqual({
        type: 'error',
        error: expect.objectContaining({ code: 'hash-mismatch' }),
      })
      expect(await ids(page.engine)).toHaveLength(10)
      edge.intercept = () => undefined
      edge.objects.set(hash, good)
      expect(await loaded(page)).toMatchObject({ residentItems: 120, lastError: null })
    },
  )

  test.each(Object.entries(damage))('fails with hash-mismatch when the manifest is %s', async (_how, change) => {
    const edge = publishedEdge()
    edge.objects.set(RELEASE.manifestHash, change(edge.objects.get(RELEASE.manifestHash) ?? new Uint8Array()))
    expect(code((await openPage(edge)).started)).toBe('hash-mismatch')
  })

  test('refuses a manifest of an unknown major version and keeps the release in use', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const future = buildTinyRelease({ name: 'future', manifest: { v: 2 } })
    edge.publish(future, signPointer(KEY, future, { publication: 2 }))
    expect(code(await page.engine.refresh())).toBe('manifest-version')
    expect(value(await page.engine.status())).toMatchObject({
      release: 'tiny-1',
      lastError: { code: 'manifest-version' },
    })
    expect(await ids(page.engine)).toHaveLength(10)
  })

  test('goes on without trees when they are for another feature layout', async () => {
    const release = buildTinyRelease({ manifest: { rankers: [] } })
    const edge = new TinyEdge()
    edge.publish(release, signPointer(KEY, release))
    const page = await openPage(edge)
    expect(value(await page.engine.recommend({ scene: 'for-you', count: 5 }))).toMatchObject({ ranker: 'none' })
    expect(value(await page.engine.status()).lastError?.code).toBe('model-mismatch')
  })

  test('fetches a stored object again when its stored bytes are damaged', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    const hash = RELEASE.cells[2]?.objects.vectors[0]?.hash ?? ''
    await browser.stores.shards.put(hash, new Uint8Array(1_000).fill(3), 1)
    const before = edge.requests.length
    const page = await openPage(edge, { browser })
    expect(await loaded(page)).toMatchObject({ residentItems: 120 })
    const asked = edge.requests.slice(before).map(({ path }) => path)
    expect(asked.filter((path) => path.startsWith('objects/'))).toEqual([`objects/${hash}`])
  })
})

describe('warm start', () => {
  test('answers offline from what the last visit stored, history included', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const first = await openPage(edge, { browser })
    await loaded(first)
    await first.engine.track([click('item-2'), click('item-6')])
    const expected = await ids(first.engine)
    await first.engine.stop()
    edge.isOnline = false
    const before = edge.requests.length
    const page = await openPage(edge, { browser })
    expect(edge.requests.length).toBe(before)
    expect(code(await page.engine.refresh())).toBe('edge-unreachable')
    expect(await ids(page.engine)).toEqual(expected)
    expect(value(await page.engine.status())).toMatchObject({
      residentItems: 120,
      historyItems: 2,
      lastError: { code: 'edge-unreachable' },
    })
    await page.engine.track([click('item-3')])
    expect(await ids(page.engine)).not.toEqual(expected)
  })

  test('fetches what the browser evicted meanwhile', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    const sizes = await browser.stores.shards.sizes()
    await browser.stores.shards.remove(sizes.map(({ hash }) => hash))
    const page = await openPage(edge, { browser })
    expect(value(page.started).release).toBe('tiny-1')
    expect(await loaded(page)).toMatchObject({ residentItems: 120 })
  })

  test('completes a download that broke off, asking only for what is missing', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const last = RELEASE.cells[2]?.objects.cards[0]?.hash ?? ''
    edge.intercept = ({ path }) => (path.endsWith(last) ? new Response('', { status: 500 }) : undefined)
    const first = await openPage(edge, { browser })
    await first.engine.refresh()
    expect(value(await first.engine.status()).residentItems).toBe(80)
    await first.engine.stop()
    edge.intercept = () => undefined
    const before = edge.requests.length
    expect(await loaded(await openPage(edge, { browser }))).toMatchObject({ residentItems: 120 })
    const asked = edge.requests.slice(before).filter(({ path }) => path.startsWith('objects/'))
    expect(asked.map(({ path }) => path)).toEqual([`objects/${last}`])
  })
})

describe('a newer release', () => {
  test('is switched to in an open page with only the changed objects fetched', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const second = buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    const added = [...second.objects.keys()].filter((hash) => !RELEASE.objects.has(hash))
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    const before = edge.requests.length
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', residentItems: 120 })
    const asked = edge.requests.slice(before).filter(({ path }) => path.startsWith('objects/'))
    expect(asked.map(({ path }) => path.slice('objects/'.length)).sort()).toEqual(added.sort())
    expect(added).toHaveLength(3) // manifest, shard table, the cards of one cell
    const changed = await page.notices.first('release-changed')
    expect(changed).toEqual({ type: 'release-changed', release: 'tiny-2', fetchedObjects: 3, reusedObjects: 14 })
    const [card] = value(await page.engine.cards(['item-41']))
    expect(card?.title).toBe('New Crime number 41')
  })

  test('is noticed by the poll and adopted by the other tab from the store', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const [one, two] = [await openPage(edge, { browser }), await openPage(edge, { browser })]
    await loaded(one)
    await loaded(two)
    const second = buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    const before = edge.requests.length
    one.deps.timers.advance(80_000)
    await Promise.all([one.notices.first('release-changed'), two.notices.first('release-changed')])
    const added = [...second.objects.keys()].filter((hash) => !RELEASE.objects.has(hash))
    const asked = edge.requests.slice(before).map(({ path }) => path.replace('objects/', ''))
    expect(asked.filter((path) => added.includes(path)).sort()).toEqual(added.sort())
    expect(value(await two.engine.status()).release).toBe('tiny-2')
  })

  test('is left alone until it is whole', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    const second = buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    edge.objects.delete(second.cells[1]?.objects.cards[0]?.hash ?? '')
    expect(code(await page.engine.refresh())).toBe('object-missing')
    expect(value(await page.engine.status())).toMatchObject({
      release: 'tiny-1',
      lastError: { code: 'object-missing' },
    })
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    expect(await loaded(page)).toMatchObject({ release: 'tiny-2', lastError: null })
  })

  test('keeps a history whose items it no longer holds, by their snapshots', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await loaded(page)
    await page.engine.track([click('item-117')])
    await ids(page.engine)
    const second = buildTinyRelease({ name: 'tiny-2', itemCount: 80 })
    edge.publish(second, signPointer(KEY, second, { publication: 2 }))
    await loaded(page)
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 10 }))
    expect(reply.personal).toBe(true)
    expect(reply.items.slice(0, 5).every(({ card }) => card.category === 'Crime')).toBe(true)
  })
})

describe('storage', () => {
  test('goes on from memory with storage-refused when IndexedDB is refused', async () => {
    const edge = publishedEdge()
    const refuse = async (): Promise<never> => {
      throw new DOMException('no', 'SecurityError')
    }
    const stores = {
      shards: { ...createMemoryShards(), sizes: refuse },
      profile: { ...createMemoryProfile(), read: refuse },
    }
    const memory = { shards: createMemoryShards(), profile: createMemoryProfile() }
    const page = await openPage(edge, {
      deps: { openStores: (_name, mode) => (mode === 'persistent' ? stores : memory) },
    })
    expect(value(page.started)).toMatchObject({ storage: 'memory', lastError: { code: 'storage-refused' } })
    await page.engine.track([click('item-1')])
    expect(value(await page.engine.status()).historyItems).toBe(1)
  })

  test('loses nothing of the session when the disk is full mid-way', async () => {
    const shards = createMemoryShards()
    const profile = createMemoryProfile()
    const full = async (): Promise<never> => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    const stores = { shards: { ...shards, put: full }, profile: { ...profile, write: full } }
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
