import { describe, expect, test } from 'vitest'
import { SEQUENCE_STEPS, STEP } from '#contract/pointer'
import { createEngine } from './engine.ts'
import {
  click,
  code,
  emptyEdge,
  ids,
  KEY,
  loaded,
  openPage,
  type Page,
  publishedEdge,
  RELEASE,
  value,
} from './testing/page.ts'
import { passTurns } from './testing/pass-turns.ts'
import { createTestDeps, TestBrowser, testOptions } from './testing/test-deps.ts'
import { buildTinyRelease, createTinyKey, signPointer } from './testing/tiny-release.ts'

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
    const release = await buildTinyRelease({ itemCount: 12_000, cellItems: 3_000 })
    const edge = emptyEdge()
    edge.publish(release, await signPointer(KEY, release))
    const page = await openPage(edge, { options: { tier: 'saver' } })
    expect(await loaded(page)).toMatchObject({ tier: 'saver', residentItems: 6_000, totalCells: 4 })
  })

  test('looks up a clicked item outside the resident cells among decoys, once', async () => {
    const release = await buildTinyRelease({ itemCount: 16_000, cellItems: 2_000 })
    const edge = emptyEdge()
    edge.publish(release, await signPointer(KEY, release))
    const page = await openPage(edge, { options: { tier: 'saver' } })
    expect(await loaded(page)).toMatchObject({ residentItems: 8_000, totalCells: 8 })
    const before = edge.requests.length
    const own = page.notices.next('profile-changed')
    await page.engine.track([click('item-15001')])
    await own
    await page.notices.next('profile-changed')
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 5 }))
    expect(reply.personal).toBe(true)
    expect(reply.items.every(({ card }) => card.category === 'Crime')).toBe(true)
    const asked = new Set(edge.requests.slice(before).map(({ path }) => path.replace('objects/', '')))
    const cells = release.cells.filter(({ objects }) => asked.has(objects.vectors[0]?.hash ?? '')).length
    const outside = release.cells.slice(4).filter(({ objects }) => asked.has(objects.vectors[0]?.hash ?? ''))
    expect(cells).toBeLessThanOrEqual(4)
    expect(outside).toContain(release.cells[7])
    const after = edge.requests.length
    await page.engine.track([click('item-15001')])
    await loaded(page)
    expect(edge.requests.slice(after).filter(({ path }) => path.startsWith('objects/'))).toEqual([])
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
    expect(code((await openPage(emptyEdge())).started)).toBe('release-missing')
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

describe('a later visit', () => {
  /** Opens a page whose release is stored already. */
  async function reopen() {
    const [edge, browser] = [publishedEdge(), new TestBrowser()]
    const first = await openPage(edge, { browser })
    await loaded(first)
    await first.engine.stop()
    return openPage(edge, { browser })
  }

  const resident = async ({ engine }: Page) => value(await engine.status()).residentCells

  test('reads one cell until the first list was asked for, then the rest', async () => {
    const page = await reopen()
    await passTurns()
    expect(await resident(page)).toBe(1)
    expect(await ids(page.engine)).toHaveLength(10)
    await expect.poll(() => resident(page)).toBe(3)
  })

  test.each([
    ['a search', ({ engine }: Page) => engine.search({ limit: 1 })],
    ['cards', ({ engine }: Page) => engine.cards(['item-1'])],
    ['a refresh', ({ engine }: Page) => engine.refresh()],
  ])('reads the rest with %s, of which no list is asked for', async (_what, ask) => {
    const page = await reopen()
    expect(await resident(page)).toBe(1)
    expect(await ask(page)).toMatchObject({ ok: true })
    await expect.poll(() => resident(page)).toBe(3)
  })

  test('reads the rest after a while where no list is asked for', async () => {
    const page = await reopen()
    await passTurns()
    expect(await resident(page)).toBe(1)
    page.deps.timers.advance(250)
    await expect.poll(() => resident(page)).toBe(3)
  })
})

describe('trust', () => {
  test('refuses a pointer that another key signed', async () => {
    const edge = emptyEdge()
    edge.publish(RELEASE, await signPointer(await createTinyKey(), RELEASE))
    expect(code((await openPage(edge)).started)).toBe('signature-invalid')
  })

  test('refuses a pointer whose fields changed after signing', async () => {
    const edge = emptyEdge()
    edge.publish(RELEASE, { ...(await signPointer(KEY, RELEASE)), sequence: 9 * SEQUENCE_STEPS })
    expect(code((await openPage(edge)).started)).toBe('signature-invalid')
  })

  test('takes either of two keys', async () => {
    const page = await openPage(publishedEdge(), {
      options: { keys: [(await createTinyKey()).publicKey, KEY.publicKey] },
    })
    expect(page.started.ok).toBe(true)
  })

  test('keeps the newer release when an older sequence is replayed', async () => {
    const edge = publishedEdge()
    const second = await buildTinyRelease({ name: 'tiny-2', retitled: { cell: 1, prefix: 'New ' } })
    edge.publish(second, await signPointer(KEY, second, { publication: 2 }))
    const browser = new TestBrowser()
    await loaded(await openPage(edge, { browser }))
    edge.publish(RELEASE, await signPointer(KEY, RELEASE))
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
    const canary = await buildTinyRelease({ name: 'tiny-canary' })
    const arms: string[] = []
    for (const uniform of [0.04, 0.06]) {
      const edge = publishedEdge()
      edge.publish(canary, await signPointer(KEY, RELEASE, { canary: { manifest: canary.manifestHash, share: 0.05 } }))
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
    const future = await buildTinyRelease({ name: 'future', manifest: { v: 2 } })
    edge.publish(future, await signPointer(KEY, future, { publication: 2 }))
    expect(code(await page.engine.refresh())).toBe('manifest-version')
    expect(value(await page.engine.status())).toMatchObject({
      release: 'tiny-1',
      lastError: { code: 'manifest-version' },
    })
    expect(await ids(page.engine)).toHaveLength(10)
  })

  test('goes on without trees when they are for another feature layout', async () => {
    const release = await buildTinyRelease({ manifest: { rankers: [] } })
    const edge = emptyEdge()
    edge.publish(release, await signPointer(KEY, release))
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
