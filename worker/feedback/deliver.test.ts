import { describe, expect, test } from 'vitest'
import type { EngineOptions } from '#contract/rpc'
import { refreshInBackground } from '../background.ts'
import { createEngine } from '../engine.ts'
import { consent, DAY_MS, openAsking } from '../testing/asking-page.ts'
import { KEY, value } from '../testing/page.ts'
import { passTurns } from '../testing/pass-turns.ts'
import { createTestDeps, type TestDeps, testOptions } from '../testing/test-deps.ts'
import { deliverReport } from './deliver.ts'

const HOUR_MS = 3_600_000
const OPTIONS = testOptions(KEY.publicKey, { consentCeiling: 'aggregate' })

/** A browser in which a page, that is closed again, wrote a report whose time comes within the hour. */
async function closedPage() {
  const page = await openAsking()
  const { engine, deps, edge, browser } = page
  value(await engine.setConsent(consent(deps, 'aggregate')))
  const { feedback } = browser.stores
  const waiting = () => feedback.update((state) => ({ value: state.outbox.length }))
  for (let days = 0; days < 240 && (await waiting()) === 0; days++) await page.live(0.125)
  expect(await waiting()).toBe(1)
  await engine.stop()
  await feedback.update((state) => ({
    value: null,
    state: { ...state, outbox: state.outbox.map((report) => ({ ...report, notBefore: deps.now + HOUR_MS / 2 })) },
  }))
  const before = page.posts().length
  /** What a service worker of this browser sends when it is woken some time after the page was closed. */
  const wake = async (afterMs: number, change: Partial<TestDeps> = {}, options: Partial<EngineOptions> = {}) => {
    const world = Object.assign(createTestDeps(edge, browser), { now: deps.now + afterMs }, change)
    await deliverReport(world, { ...OPTIONS, ...options })
    return page.posts().length - before
  }
  return { ...page, feedback, wake, waiting }
}

describe('a service worker without a page', () => {
  test('sends the report that a page wrote, once, as a page would', async () => {
    const { wake, waiting, posts } = await closedPage()
    expect(await wake(HOUR_MS / 3)).toBe(0) // not yet
    await Promise.all([wake(HOUR_MS), wake(HOUR_MS), wake(HOUR_MS)])
    expect(await wake(2 * HOUR_MS)).toBe(1)
    expect(await waiting()).toBe(0)
    const { method, init } = posts().at(-1) ?? { init: {} }
    expect(method).toBe('POST')
    expect(init.body).toHaveLength(32)
    expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' })
    expect(init.headers).toBeUndefined()
  })

  test('and a page that opens at the same moment send it once', async () => {
    const { wake, browser, deps, posts } = await closedPage()
    const before = posts().length
    const again = await openAsking({ browser })
    again.deps.now = deps.now + HOUR_MS
    again.deps.timers.advance(900_000)
    await wake(HOUR_MS)
    await passTurns()
    expect(posts().length - before + again.posts().length).toBe(1)
  })

  test('keeps ten minutes between requests, and drops what has expired', async () => {
    const { wake, feedback, waiting } = await closedPage()
    const first = await feedback.update(({ outbox }) => ({ value: outbox[0] }))
    await feedback.update((state) => ({
      value: null,
      state: { ...state, outbox: [first, { ...first }, { ...first, expires: 1 }] },
    }))
    expect(await wake(HOUR_MS)).toBe(1)
    expect(await waiting()).toBe(1)
    expect(await wake(HOUR_MS + 599_999)).toBe(1)
    expect(await wake(HOUR_MS + 600_000)).toBe(2)
  })

  test('writes none, however long it has been due', async () => {
    const { wake, feedback } = await closedPage()
    await feedback.update((state) => ({ value: null, state: { ...state, dueAt: 0, days: [] } }))
    await wake(HOUR_MS)
    await wake(DAY_MS)
    expect(await feedback.update(({ days, outbox }) => ({ value: [days, outbox] }))).toEqual([[], []])
  })

  test.each<[string, Partial<TestDeps>, Partial<EngineOptions>]>([
    ['the thread sees a privacy signal', { seesPrivacySignal: () => true }, {}],
    ['the page that left the settings saw one', {}, { privacySignal: true }],
    ['the site asks for nothing', {}, { consentCeiling: 'off' }],
    ['pages keep nothing', {}, { storage: 'memory' }],
  ])('sends nothing where %s', async (_where, change, options) => {
    const { wake } = await closedPage()
    expect(await wake(HOUR_MS, change, options)).toBe(0)
    expect(await wake(HOUR_MS)).toBe(1) // and it was this that kept it
  })

  test('sends nothing after a day without a page, nor where none is known to have looked', async () => {
    const { wake, feedback } = await closedPage()
    const seen = await feedback.update(({ seenAt }) => ({ value: seenAt }))
    expect(await wake(DAY_MS + 1)).toBe(0)
    await feedback.update((state) => ({ value: null, state: { ...state, seenAt: seen + 30 * DAY_MS } })) // the clock went back
    expect(await wake(HOUR_MS)).toBe(0)
    await feedback.update(({ seenAt: _never, ...state }) => ({
      value: null,
      state: state as typeof state & { seenAt: 0 },
    }))
    expect(await wake(HOUR_MS)).toBe(0)
    await feedback.update((state) => ({ value: null, state: { ...state, seenAt: seen } }))
    expect(await wake(HOUR_MS)).toBe(1)
  })

  test('sends nothing once consent was taken back, has run out, or everything was forgotten', async () => {
    const withdrawn = await closedPage()
    const { profile } = withdrawn.browser.stores
    const choose = (value: unknown) => profile.write([{ kind: 'settings', key: 'consent', value }])
    await choose(consent(withdrawn.deps, 'off'))
    expect(await withdrawn.wake(HOUR_MS)).toBe(0)
    await choose({ ...consent(withdrawn.deps, 'aggregate'), expires: withdrawn.deps.now + HOUR_MS })
    expect(await withdrawn.wake(HOUR_MS)).toBe(0)
    await choose(undefined)
    expect(await withdrawn.wake(HOUR_MS)).toBe(0)
    await choose(consent(withdrawn.deps, 'aggregate'))
    expect(await withdrawn.wake(HOUR_MS)).toBe(1)
  })

  test('sends nothing after a page saw a signal, however short it was open', async () => {
    const { wake, browser, waiting } = await closedPage()
    const { engine } = await openAsking({ browser, signal: true })
    await engine.stop()
    expect(await waiting()).toBe(0)
    expect(await wake(HOUR_MS)).toBe(0)
  })

  test('sends while it brings the newest release, and leaves what else waits to pages', async () => {
    const { browser, edge, deps, posts, feedback } = await closedPage()
    await feedback.update((state) => ({ value: null, state: { ...state, dueAt: 0, days: [] } }))
    await browser.stores.profile.write([{ kind: 'outbox', key: '1', value: { type: 'click', item: 'item-1' } }])
    const [before, looked] = [posts().length, edge.count('channels/')]
    const world = Object.assign(createTestDeps(edge, browser), { now: deps.now + HOUR_MS })
    const refresh = refreshInBackground(world, OPTIONS)
    for (let i = 0; i < 100; i++) {
      world.timers.advance(60_000)
      await passTurns(1)
    }
    expect(value(await refresh)).toMatchObject({ release: 'tiny-1' })
    expect(posts().length - before).toBe(1)
    expect(edge.count('channels/')).toBeGreaterThan(looked)
    expect(edge.count('events')).toBe(0)
    expect(await browser.stores.profile.read('outbox')).toHaveLength(1)
    expect(await feedback.update(({ days }) => ({ value: days }))).toEqual([])
  })

  test('drops nothing of the pages’ when its settings are older than theirs', async () => {
    const { browser, edge, deps, wake, waiting } = await closedPage()
    const world = Object.assign(createTestDeps(edge, browser), { now: deps.now + HOUR_MS, isPage: false })
    const engine = createEngine(world)
    value(await engine.start({ ...OPTIONS, consentCeiling: 'off' }, () => undefined))
    const page = browser.openChannel('', () => undefined)
    page.post({ type: 'profile' })
    page.close()
    await passTurns()
    await engine.stop()
    expect(await waiting()).toBe(1)
    expect(await wake(HOUR_MS, {}, { consentCeiling: 'off' })).toBe(0)
    expect(await wake(HOUR_MS)).toBe(1)
  })
})
