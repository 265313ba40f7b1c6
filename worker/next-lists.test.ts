import { describe, expect, test } from 'vitest'
import { addressOfRequest, requestOfAddress } from '#contract/next-lists'
import type { RecommendRequest } from '#contract/rpc'
import { click, ids, openPage, type Page, publishedEdge, value } from './testing/page.ts'
import { passTurns } from './testing/pass-turns.ts'
import { TestBrowser } from './testing/test-deps.ts'

const REQUEST: RecommendRequest = { scene: 'for-you', count: 10 }

/** A page that has asked for a list, and whose next lists are made. */
async function open(browser = new TestBrowser()) {
  const page = await openPage(publishedEdge(), { browser })
  const asked = await ids(page.engine)
  await calm(page, 1_000)
  return { ...page, browser, asked }
}

async function calm({ deps }: Pick<Page, 'deps'>, ms: number): Promise<void> {
  for (const step of [ms, 0, 0, 0, 0, 0]) {
    deps.timers.advance(step)
    await passTurns(20)
  }
}

/** Ids of the list that waits for the next page; null where none does. */
function waiting({ lists }: TestBrowser, request = REQUEST): string[] | null {
  return lists.get(addressOfRequest(request))?.reply.items.map(({ id }) => id) ?? null
}

describe('lists for the next page', () => {
  test('are those that this page would show now', async () => {
    const page = await open()
    expect(waiting(page.browser)).toEqual(page.asked)
    expect([...page.browser.lists.values()].map(({ at }) => at)).toEqual([page.deps.now])
  })

  test("follow each change within a tenth of a second, and are nobody's in between", async () => {
    const page = await open()
    value(await page.engine.track([click('item-3')]))
    await passTurns()
    expect(page.browser.lists.size).toBe(0)
    await calm(page, 100)
    const next = waiting(page.browser)
    expect(next).not.toContain('item-3')
    expect(next).toEqual(await ids(page.engine))
  })

  test('follow what was shown, and stay meanwhile', async () => {
    const page = await open()
    value(await page.engine.track(page.asked.map((item) => ({ type: 'impression', item }))))
    await passTurns()
    expect(waiting(page.browser)).toEqual(page.asked)
    await calm(page, 100)
    expect(waiting(page.browser)).toEqual(await ids(page.engine))
  })

  test('are made anew for requests of earlier pages too', async () => {
    const { browser, engine } = await open()
    await engine.stop()
    const page = await openPage(publishedEdge(), { browser })
    value(await page.engine.track([click('item-5')]))
    await calm(page, 100)
    expect(waiting(browser)).toEqual(await ids(page.engine))
  })

  test('stand for the latest four requests that are about no item', async () => {
    const page = await open()
    const counts = [3, 4, 5, 6]
    for (const count of counts) value(await page.engine.recommend({ scene: 'for-you', count }))
    value(await page.engine.recommend({ scene: 'similar', count: 5, contextItems: ['item-1'] }))
    value(await page.engine.recommend({ ...REQUEST, exclude: ['item-1'] }))
    await calm(page, 1_000)
    expect([...page.browser.lists.keys()].map(requestOfAddress)).toEqual(
      counts.map((count) => ({ scene: 'for-you', count })),
    )
  })

  test('are forgotten with everything else, requests too', async () => {
    const page = await open()
    value(await page.engine.track([click('item-3')]))
    value(await page.engine.forget())
    expect(page.browser.lists.size).toBe(0)
    await calm(page, 10_000)
    expect(page.browser.lists.size).toBe(0)
  })

  test('are not kept when they were being made while everything was forgotten', async () => {
    const page = await open()
    value(await page.engine.track([click('item-3')]))
    page.deps.timers.advance(100)
    await passTurns(5)
    value(await page.engine.forget())
    await calm(page, 0)
    expect(page.browser.lists.size).toBe(0)
  })

  test('are dropped by a tab that hears of forgetting', async () => {
    const browser = new TestBrowser()
    const [here, there] = [await open(browser), await openPage(publishedEdge(), { browser })]
    value(await there.engine.forget())
    await calm(here, 10_000)
    expect(browser.lists.size).toBe(0)
  })

  test('give a patient page time until all that is stored was read', async () => {
    const { browser, engine } = await open()
    await engine.stop()
    const page = await openPage(publishedEdge(), { browser })
    expect(value(page.started).residentCells).toBe(1)
    const reply = value(await page.engine.recommend({ ...REQUEST, isPatient: true }))
    expect(value(await page.engine.status()).residentCells).toBe(3)
    expect(reply.items.map(({ id }) => id)).toEqual(waiting(browser))
  })

  test('cost a patient page two seconds where the rest does not come', async () => {
    const exclusive = async <T>(name: string, run: () => Promise<T>): Promise<T> =>
      name.startsWith('pocketshelf:download') ? new Promise<T>(() => undefined) : run()
    const page = await openPage(publishedEdge(), { deps: { exclusive } })
    const asking = page.engine.recommend({ ...REQUEST, isPatient: true })
    await calm(page, 0)
    await calm(page, 1_999)
    expect(await Promise.race([asking, passTurns()])).toBeUndefined()
    await calm(page, 1)
    expect(value(await asking).items).toHaveLength(10)
  })

  test('are not made where nothing may be kept', async () => {
    const browser = new TestBrowser()
    const page = await openPage(publishedEdge(), { browser, options: { storage: 'memory' } })
    await ids(page.engine)
    await calm(page, 10_000)
    expect(browser.lists.size).toBe(0)
  })

  test('skip a request that another version of the engine wrote, and addresses of nobody', async () => {
    const browser = new TestBrowser()
    const before = await open(browser)
    await before.engine.stop()
    const { at, reply } = [...browser.lists.values()][0] ?? {}
    if (at === undefined || reply === undefined) throw new Error('no list was made')
    const [odd, torn] = [addressOfRequest({ ...REQUEST, count: 9_999 }), 'https://next.invalid/?%7B']
    browser.lists = new Map([odd, torn, addressOfRequest(REQUEST)].map((address) => [address, { at, reply }]))
    const page = await openPage(publishedEdge(), { browser })
    value(await page.engine.track([click('item-7')]))
    await calm(page, 100)
    expect([...browser.lists.keys()]).toEqual([addressOfRequest(REQUEST)])
  })
})

test('a request has one address, in whatever order its fields were written', () => {
  const request: RecommendRequest = { scene: 'for-you', count: 8, categories: ['A & B', 'ü?'], minPrice: 2 }
  const { scene, ...rest } = request
  expect(addressOfRequest({ ...rest, scene })).toBe(addressOfRequest(request))
  expect(requestOfAddress(addressOfRequest(request))).toEqual(request)
})
