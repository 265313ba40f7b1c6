import { describe, expect, test } from 'vitest'
import type { EventBatch } from '#contract/events'
import type { ConsentMode, ConsentRecord } from '#contract/rpc'
import type { ProfileStore } from './store/ports.ts'
import { click, emptyEdge, KEY, loaded, openPage, publishedEdge, value } from './testing/page.ts'
import { passTurns } from './testing/pass-turns.ts'
import { TestBrowser, type TestDeps } from './testing/test-deps.ts'
import type { TinyEdge } from './testing/tiny-edge.ts'
import { buildTinyRelease, signPointer } from './testing/tiny-release.ts'

const DAY_MS = 86_400_000
const FIRST_PARTY = { consentCeiling: 'first-party' } as const

function consent(deps: TestDeps, choice: ConsentMode): ConsentRecord {
  return { version: 1, choice, at: deps.now, textHash: 'abc', expires: deps.now + 180 * DAY_MS }
}

/** Two tabs of one visitor who agreed to first-party mode. */
async function twoTabs(edge: TinyEdge, browser = new TestBrowser()) {
  const some = await openPage(edge, { browser, options: FIRST_PARTY })
  await loaded(some)
  const other = await openPage(edge, { browser, options: FIRST_PARTY })
  await loaded(other)
  await some.engine.setConsent(consent(some.deps, 'first-party'))
  await passTurns()
  return { some, other, browser }
}

const deleted = ({ requests }: TinyEdge): string[] =>
  requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)

const batchesOf = ({ batches }: TinyEdge) => [...batches.values()] as EventBatch[] // what pages sent

const sentItems = (edge: TinyEdge): string[] => batchesOf(edge).flatMap(({ events }) => events.map(({ item }) => item))

/** Makes transactions of a store take their time, one after the other, as those of IndexedDB do. */
function slow(store: ProfileStore, ms: number): void {
  const { read, write } = store
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const done = last.then(() => new Promise((later) => setTimeout(later, ms))).then(run)
    last = done.catch(() => undefined)
    return done
  }
  Object.assign(store, {
    read: (kind: Parameters<typeof read>[0]) => inTurn(() => read(kind)),
    write: (changes: Parameters<typeof write>[0]) => inTurn(() => write(changes)),
  })
}

const pause = (ms: number) => new Promise((later) => setTimeout(later, ms))

describe('a tab that had a write refused', () => {
  test('stops sending when another one withdraws the consent', async () => {
    const edge = publishedEdge()
    const { some, other, browser } = await twoTabs(edge)
    const { profile } = browser.stores
    const { write } = profile
    let refusals = 1
    profile.write = async (changes) => {
      if (refusals-- > 0) throw new DOMException('aborted', 'AbortError')
      return write(changes)
    }
    await some.engine.track([{ type: 'impression', item: 'item-2' }])
    expect(value(await other.engine.setConsent(consent(other.deps, 'off')))).toBe('off')
    await passTurns()
    expect(value(await some.engine.status()).consent).toBe('off')
    await some.engine.track([click('item-7')])
    some.deps.timers.advance(5_000)
    await passTurns()
    expect(sentItems(edge)).toEqual([])
  })
})

describe('forget', () => {
  test('asks the edge to delete what another tab sent', async () => {
    const edge = publishedEdge()
    const { some, other } = await twoTabs(edge)
    await some.engine.track([click('item-1')])
    await passTurns()
    some.deps.timers.advance(5_000)
    await passTurns()
    const [batch] = batchesOf(edge)
    await other.engine.forget()
    await passTurns()
    expect(new Set(deleted(edge))).toEqual(new Set([`pseudonyms/${batch?.events[0]?.pseudonym}`]))
  })

  test.each(['cut off', 429, 503] as const)('asks again, in a later visit too, where the edge is %s', async (how) => {
    const edge = publishedEdge()
    const { some, browser } = await twoTabs(edge)
    await some.engine.track([click('item-1')])
    some.deps.timers.advance(5_000)
    await passTurns()
    if (how === 'cut off') edge.isOnline = false
    else edge.intercept = ({ method }) => (method === 'DELETE' ? new Response('{}', { status: how }) : undefined)
    expect(value(await some.engine.forget())).toBeNull()
    await passTurns()
    some.deps.timers.advance(10_000)
    await passTurns()
    const tried = deleted(edge).length
    edge.isOnline = true
    edge.intercept = () => undefined
    const later = await openPage(edge, { browser, options: FIRST_PARTY })
    await loaded(later)
    later.deps.timers.advance(5_000)
    await passTurns()
    expect(deleted(edge).length).toBe(tried + 1)
    expect(await browser.stores.profile.read('settings')).toEqual([])
  })

  test('keeps no item that was being looked up', async () => {
    const release = await buildTinyRelease({ itemCount: 16_000, cellItems: 2_000 })
    const edge = emptyEdge()
    edge.publish(release, await signPointer(KEY, release))
    const browser = new TestBrowser()
    const { promise: gate, resolve: goOn } = Promise.withResolvers<void>()
    let isSlow = false
    let held = 0
    const fetch = async (url: string, init: RequestInit) => {
      if (isSlow && url.includes('/objects/') && ++held > 0) await gate
      return edge.fetch(url, init)
    }
    const page = await openPage(edge, { browser, options: { tier: 'saver' }, deps: { fetch } })
    await loaded(page)
    isSlow = true
    await page.engine.track([click('item-15001')])
    await passTurns()
    expect(held).toBeGreaterThan(0)
    await page.engine.forget()
    goOn()
    await passTurns(200)
    expect(await browser.stores.profile.read('snapshots')).toEqual([])
  })
})

describe('two tabs', () => {
  test('send an event once, whenever one of them changes something', async () => {
    const edge = publishedEdge()
    const { some, other, browser } = await twoTabs(edge)
    slow(browser.stores.profile, 1)
    for (let offset = 0; offset <= 12; offset += 2) {
      edge.batches.clear()
      await some.engine.track([click(`item-${offset + 3}`)])
      some.deps.timers.advance(5_000)
      await pause(offset)
      await other.engine.setPreferences({ surprise: 0.4 + offset / 1_000 })
      await expect.poll(() => sentItems(edge)).toEqual([`item-${offset + 3}`])
      some.deps.timers.advance(5_000)
      other.deps.timers.advance(5_000)
      await pause(60)
      expect([offset, ...sentItems(edge)]).toEqual([offset, `item-${offset + 3}`])
    }
  })

  test('know a click that was made while one of them read what the other did', async () => {
    const browser = new TestBrowser()
    const edge = publishedEdge()
    const some = await openPage(edge, { browser })
    await loaded(some)
    const other = await openPage(edge, { browser })
    await loaded(other)
    const { profile } = browser.stores
    const { read } = profile
    profile.read = async (kind) => {
      const rows = await read(kind)
      await pause(20)
      return rows
    }
    await some.engine.track([{ type: 'impression', item: 'item-2' }])
    await pause(5)
    await other.engine.track([click('item-1')])
    await pause(150)
    expect(value(await other.engine.history()).map(({ item }) => item)).toEqual(['item-1'])
    expect(value(await other.engine.removeFromHistory('item-1'))).toBe(1)
  })
})

test('an event that two pages hand over counts once', async () => {
  const browser = new TestBrowser()
  const edge = publishedEdge()
  const page = await openPage(edge, { browser })
  await loaded(page)
  const event = { ...click('item-1'), at: page.deps.now - 1_000 }
  expect(value(await page.engine.track([event]))).toBe(1)
  const next = await openPage(edge, { browser })
  expect(value(await next.engine.track([event, click('item-2')]))).toBe(2)
  expect(value(await next.engine.history()).map(({ item }) => item)).toEqual(['item-2', 'item-1'])
})
