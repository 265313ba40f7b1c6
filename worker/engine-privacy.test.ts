import { describe, expect, test } from 'vitest'
import type { EventBatch } from '#contract/events'
import type { ConsentMode, ConsentRecord } from '#contract/rpc'
import { PROFILE_KINDS } from './store/ports.ts'
import { click, code, ids, loaded, openPage, publishedEdge, value } from './testing/page.ts'
import { passTurns } from './testing/pass-turns.ts'
import { TestBrowser, type TestDeps } from './testing/test-deps.ts'
import type { TinyEdge } from './testing/tiny-edge.ts'

const DAY_MS = 86_400_000

function consent(deps: TestDeps, choice: ConsentMode): ConsentRecord {
  return { version: 1, choice, at: deps.now, textHash: 'abc', expires: deps.now + 180 * DAY_MS }
}

async function consentingPage(edge: TinyEdge, browser = new TestBrowser()) {
  const page = await openPage(edge, { browser, options: { consentCeiling: 'first-party' } })
  await loaded(page)
  expect(value(await page.engine.setConsent(consent(page.deps, 'first-party')))).toBe('first-party')
  return page
}

/** Lets promises run until a condition holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 10_000; i++) {
    if (await holds()) return
    await passTurns(1)
  }
  throw new Error('it never came to hold')
}

function bodies(edge: TinyEdge): EventBatch[] {
  return edge.requests.filter(({ path }) => path === 'events').map(({ body }) => JSON.parse(body) as EventBatch)
}

describe('a page that is hidden', () => {
  test('sends at once what waited for more events', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    await page.engine.track([click('item-1')])
    await page.engine.visibility(true)
    page.deps.timers.advance(0)
    await until(() => bodies(edge).length === 1)
    expect(bodies(edge)[0]?.events.map(({ item }) => item)).toEqual(['item-1'])
  })
})

describe('without consent', () => {
  test.each([
    ['by default', 'first-party', null, false],
    ['when the visitor chose off', 'first-party', 'off', false],
    ['when the site asks for nothing', 'off', 'first-party', false],
    ['when the browser sends a privacy signal', 'first-party', 'first-party', true],
    ['in aggregate mode', 'first-party', 'aggregate', false],
  ] as const)('nothing is sent %s', async (_when, consentCeiling, choice, privacySignal) => {
    const edge = publishedEdge()
    const page = await openPage(edge, { options: { consentCeiling, privacySignal } })
    await loaded(page)
    if (choice !== null) await page.engine.setConsent(consent(page.deps, choice))
    const before = edge.requests.length
    await page.engine.track([click('item-1'), click('item-2')])
    await page.engine.visibility(true)
    page.deps.timers.advance(600_000)
    await ids(page.engine)
    expect(edge.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
    expect(JSON.stringify(edge.requests)).not.toMatch(/item-\d/)
    expect(value(await page.engine.status())).toMatchObject({ pendingEvents: 0, sentEvents: 0, lastSentAt: null })
  })

  test('a consent that has expired counts no more', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    page.deps.now += 181 * DAY_MS
    await page.engine.track([click('item-1')])
    expect(value(await page.engine.status())).toMatchObject({ consent: 'off', pendingEvents: 0 })
  })

  test('a malformed consent record is refused and changes nothing', async () => {
    const page = await consentingPage(publishedEdge())
    const record = { ...consent(page.deps, 'off'), choice: 'everything' } as unknown as ConsentRecord
    expect(code(await page.engine.setConsent(record))).toBe('bad-request')
    expect(value(await page.engine.status()).consent).toBe('first-party')
  })
})

describe('first-party mode', () => {
  test('sends a batch without zone or minute, under a pseudonym, with no credentials', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    await page.engine.track([{ ...click('item-1'), at: page.deps.now + 12_345 }, click('item-2')])
    page.deps.timers.advance(5_000)
    await until(() => edge.batches.size === 1)
    const [batch] = bodies(edge)
    expect(batch?.events).toHaveLength(2)
    expect(batch?.events[0]).toMatchObject({ item: 'item-1', release: 'tiny-1', arm: 'main' })
    for (const event of batch?.events ?? []) {
      expect(event.at % 3_600_000).toBe(0)
      expect(event.pseudonym).toMatch(/^[\w-]{22}$/)
      expect(event).not.toHaveProperty('tzOffsetMin')
    }
    const request = edge.requests.find(({ path }) => path === 'events')
    expect(request?.init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' })
    await until(async () => value(await page.engine.status()).pendingEvents === 0)
    expect(value(await page.engine.status())).toMatchObject({ sentEvents: 2, lastSentAt: page.deps.now })
  })

  test('sends the same batch again after failures, and the edge stores it once', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    let isLost = true
    edge.intercept = (request) => {
      if (request.path !== 'events' || !isLost) return undefined
      edge.batches.set((JSON.parse(request.body) as EventBatch).batch, 'stored, but the answer is lost')
      return edge.count('events') === 1
        ? new Response('', { status: 503 })
        : new Response('', { status: 429, headers: { 'retry-after': '700' } })
    }
    await page.engine.track([click('item-1')])
    page.deps.timers.advance(5_000)
    await until(() => edge.count('events') === 1)
    const told = (code: string) =>
      page.notices.all.some((notice) => notice.type === 'error' && notice.error.code === code)
    await until(() => told('edge-unreachable'))
    page.deps.timers.advance(5_000)
    await until(() => told('rate-limited'))
    isLost = false
    page.deps.timers.advance(600_000)
    expect(edge.count('events')).toBe(2)
    page.deps.timers.advance(100_000)
    await until(async () => value(await page.engine.status()).pendingEvents === 0)
    expect(new Set(bodies(edge).map(({ batch }) => batch)).size).toBe(1)
    expect(edge.batches.size).toBe(1)
  })

  test('keeps a batch over a reload and sends it under the same id', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const first = await consentingPage(edge, browser)
    edge.intercept = ({ path }) => (path === 'events' ? new Response('', { status: 503 }) : undefined)
    await first.engine.track([click('item-1'), click('item-2')])
    first.deps.timers.advance(5_000)
    await until(async () => (await browser.stores.profile.read('batches')).length === 1)
    await first.notices.first('error')
    await first.engine.stop()
    edge.intercept = () => undefined
    const second = await openPage(edge, { browser, options: { consentCeiling: 'first-party' } })
    expect(value(second.started).pendingEvents).toBe(2)
    second.deps.timers.advance(5_000)
    await until(() => edge.batches.size === 1)
    expect(new Set(bodies(edge).map(({ batch }) => batch)).size).toBe(1)
  })

  test('splits 1,200 events into batches of at most 500 and 64 kB', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    for (let call = 0; call < 3; call++)
      await page.engine.track(Array.from({ length: 400 }, (_, i) => click(`item-${(call * 400 + i) % 120}`)))
    page.deps.timers.advance(5_000)
    await until(async () => value(await page.engine.status()).pendingEvents === 0)
    const sent = edge.requests.filter(({ path }) => path === 'events')
    expect(sent.every(({ body }) => body.length <= 65_536)).toBe(true)
    expect(bodies(edge).every(({ events }) => events.length <= 500)).toBe(true)
    expect(bodies(edge).reduce((sum, { events }) => sum + events.length, 0)).toBe(1_200)
  })

  test('drops a batch that the edge refuses for good, and says so', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    edge.intercept = ({ path }) => (path === 'events' ? new Response('{}', { status: 400 }) : undefined)
    await page.engine.track([click('item-1')])
    page.deps.timers.advance(5_000)
    await until(async () => value(await page.engine.status()).pendingEvents === 0)
    expect(value(await page.engine.status())).toMatchObject({ sentEvents: 0 })
    expect(page.notices.all).toContainEqual({ type: 'error', error: expect.objectContaining({ code: 'bad-request' }) })
  })

  test('withdrawing before the send empties the outbox, in another tab too', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const page = await consentingPage(edge, browser)
    const other = await openPage(edge, { browser, options: { consentCeiling: 'first-party' } })
    await page.engine.track([click('item-1')])
    expect(value(await other.engine.setConsent(consent(other.deps, 'off')))).toBe('off')
    page.deps.timers.advance(600_000)
    await until(async () => value(await page.engine.status()).pendingEvents === 0)
    expect(edge.count('events')).toBe(0)
    expect(await browser.stores.profile.read('outbox')).toEqual([])
  })

  test('draws a new pseudonym after 24 hours', async () => {
    const edge = publishedEdge()
    const page = await consentingPage(edge)
    await page.engine.track([click('item-1')])
    page.deps.now += DAY_MS
    await page.engine.track([click('item-2')])
    page.deps.timers.advance(5_000)
    await until(() => edge.batches.size === 1)
    expect(new Set(bodies(edge)[0]?.events.map(({ pseudonym }) => pseudonym)).size).toBe(2)
  })
})

describe('forget', () => {
  test('empties every kind of the store, the outbox and the memory of other tabs, and asks the edge to delete', async () => {
    const edge = publishedEdge()
    const browser = new TestBrowser()
    const page = await consentingPage(edge, browser)
    const other = await openPage(edge, { browser, options: { consentCeiling: 'first-party' } })
    await page.engine.track([click('item-1'), click('item-5')])
    await ids(page.engine)
    page.deps.timers.advance(5_000)
    await until(async () => value(await page.engine.status()).sentEvents === 2)
    await page.engine.track([click('item-9')])
    const pseudonym = bodies(edge)[0]?.events[0]?.pseudonym
    expect(value(await page.engine.forget())).toBeNull()
    for (const kind of PROFILE_KINDS) expect(await browser.stores.profile.read(kind)).toEqual([])
    await until(() => edge.requests.some(({ method }) => method === 'DELETE'))
    expect(edge.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
      `pseudonyms/${pseudonym}`,
    ])
    for (const { engine } of [page, other]) {
      expect(value(await engine.history())).toEqual([])
      expect(value(await engine.recommend({ scene: 'for-you', count: 5 })).personal).toBe(false)
      expect(value(await engine.status())).toMatchObject({
        consent: 'off',
        pendingEvents: 0,
        sentEvents: 0,
        historyItems: 0,
      })
    }
    page.deps.timers.advance(30 * DAY_MS)
    expect(edge.count('events')).toBe(1)
  })

  test('keeps the release, which says nothing about the visitor', async () => {
    const browser = new TestBrowser()
    const page = await openPage(publishedEdge(), { browser })
    await loaded(page)
    const before = await browser.stores.shards.sizes()
    await page.engine.forget()
    expect(await browser.stores.shards.sizes()).toEqual(before)
  })

  test('sends nothing when nothing had been sent', async () => {
    const edge = publishedEdge()
    const page = await openPage(edge)
    await page.engine.track([click('item-1')])
    await page.engine.forget()
    expect(edge.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

describe('the profile', () => {
  test('is exported whole and imported once', async () => {
    const page = await openPage(publishedEdge())
    await page.engine.track([click('item-1'), { type: 'impression', item: 'item-2' }, { type: 'like', item: 'item-3' }])
    const exported = value(await page.engine.exportProfile())
    expect(exported.events).toHaveLength(3)
    const other = await openPage(publishedEdge())
    expect(value(await other.engine.importProfile(exported))).toBe(3)
    expect(value(await other.engine.importProfile(exported))).toBe(0)
    expect(value(await other.engine.history()).map(({ item }) => item)).toEqual(['item-3', 'item-1'])
  })

  test.each([
    ['another site', { v: 1, site: 'else', exportedAt: 1, events: [] }],
    ['a wrong event', { v: 1, site: 'shop', exportedAt: 1, events: [{ v: 1, type: 'click', item: 7, at: 1 }] }],
    ['no events', { v: 1, site: 'shop', exportedAt: 1 }],
  ])('refuses %s with bad-request', async (_what, profile) => {
    const page = await openPage(publishedEdge())
    expect(code(await page.engine.importProfile(profile as never))).toBe('bad-request')
  })

  test('loses an item on removeFromHistory, for good', async () => {
    const browser = new TestBrowser()
    const page = await openPage(publishedEdge(), { browser })
    await page.engine.track([click('item-1'), click('item-1'), click('item-2')])
    expect(value(await page.engine.removeFromHistory('item-1'))).toBe(2)
    const again = await openPage(publishedEdge(), { browser })
    expect(value(await again.engine.history()).map(({ item }) => item)).toEqual(['item-2'])
  })

  test('reaches another open tab', async () => {
    const browser = new TestBrowser()
    const page = await openPage(publishedEdge(), { browser })
    const other = await openPage(publishedEdge(), { browser })
    await page.engine.track([click('item-1')])
    await other.notices.first('profile-changed')
    expect(value(await other.engine.status()).historyItems).toBe(1)
  })
})
