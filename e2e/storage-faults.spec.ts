import type { Page } from '@playwright/test'
import { askFiftyTimes, clickThree, clockOff, FULL_STORE, historyOf } from './support/device-acts.ts'
import { expect, test } from './support/fixtures.ts'
import { inWorker } from './support/in-worker.ts'
import { openSitePage } from './support/site-page.ts'
import { deleteDatabases, spoilObjects } from './support/spoil-storage.ts'

// Every test here also fails when an exception or an unhandled rejection reaches the page: see `calm`.

const status = (page: Page) => page.evaluate(() => window.recommender.status())
const listLength = (page: Page) =>
  page.evaluate(async () => (await window.recommender.recommend({ scene: 'for-you', count: 10 })).items.length)
const settled = (page: Page) => expect.poll(async () => (await status(page)).residentItems).toBe(300)

test('a quota that is refused in the middle of a download costs storage, not the lists', async ({ page, small }) => {
  await inWorker(page, FULL_STORE)
  await openSitePage(page, small)
  await settled(page)
  expect(await listLength(page)).toBe(10)
  expect(await status(page)).toMatchObject({ storage: 'persistent', lastError: { code: 'quota-exceeded' } })
  expect(await clickThree(page)).toBe(3)
})

test('databases deleted under an open page cost nothing that the visitor did in it, and are filled again', async ({
  page,
  small,
}) => {
  await openSitePage(page, small)
  await settled(page)
  await page.evaluate(deleteDatabases)
  expect(await clickThree(page)).toBe(3)
  expect(await listLength(page)).toBe(10)
  await page.reload()
  await settled(page)
  expect(await historyOf(page)).toBe(3)
})

test('objects whose stored bytes were changed are fetched again, and no list is wrong', async ({ page, small }) => {
  await openSitePage(page, small)
  await settled(page)
  const before = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20, rules: null }))
  expect(await page.evaluate(spoilObjects)).toBeGreaterThan(5)
  await page.reload()
  await settled(page)
  const after = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20, rules: null }))
  expect(after.items.map(({ id, score }) => [id, score])).toEqual(before.items.map(({ id, score }) => [id, score]))
})

test('a database that an old tab holds closed leaves lists and history in memory', async ({ page, context, small }) => {
  await openSitePage(page, small)
  await settled(page)
  const names = await page.evaluate(async () => (await indexedDB.databases()).map(({ name = '' }) => name))
  const old = await context.newPage()
  await old.goto(`${small.url}/robots.txt`).catch(() => null) // any page of the origin
  await page.goto('about:blank')
  await old.evaluate(async (all) => {
    for (const name of all) {
      await new Promise((done) => {
        indexedDB.open(name).onsuccess = done // never closed, deaf to versionchange
      })
      indexedDB.deleteDatabase(name) // waits for the connection above, and whoever opens waits behind it
    }
  }, names)
  await openSitePage(page, small, { deadlineMs: 20_000 })
  await expect.poll(() => listLength(page), { timeout: 30_000 }).toBe(10)
  expect(await status(page)).toMatchObject({ storage: 'memory', lastError: { code: 'storage-refused' } })
  expect(await clickThree(page)).toBe(3)
  await old.close()
})

test('a browser is asked to keep storage once, only where the page says so and the history is in use', async ({
  page,
  small,
}) => {
  await page.addInitScript(() => {
    Object.assign(window, { asked: 0 })
    // Chromium without a window always refuses, and says nothing of having been asked.
    StorageManager.prototype.persist = async () => ++(window as object as { asked: number }).asked > 0
  })
  const asked = () => page.evaluate(() => (window as object as { asked: number }).asked)
  const click = (from: number) =>
    page.evaluate(async (place) => {
      const { items } = await window.recommender.recommend({ scene: 'trending', count: 10, includeSeen: true })
      for (const { id } of items.slice(place, place + 4)) await window.recommender.track({ type: 'click', item: id })
      await window.recommender.status()
    }, from)
  for (const [persist, wanted] of [
    ['never', 0],
    ['ask', 1],
  ] as const) {
    await openSitePage(page, small, { persist })
    if (persist === 'ask') await page.evaluate(() => window.recommender.forget())
    await click(0)
    expect(await asked()).toBe(0)
    await click(4)
    await expect.poll(asked).toBe(wanted)
  }
})

test('fifty calls at once are all answered with full lists of their own', async ({ page, small }) => {
  await openSitePage(page, small)
  const lists = await askFiftyTimes(page)
  expect(lists.every(({ count }) => count === 10)).toBe(true)
  expect(new Set(lists.map(({ list }) => list)).size).toBe(50)
})

test('a clock that jumps ten years on or back changes no history and leaves lists full', async ({ page, small }) => {
  await openSitePage(page, small)
  await settled(page)
  expect(await clickThree(page)).toBe(3)
  for (const years of [10, -10]) {
    await inWorker(page, clockOff(years))
    await page.reload()
    await settled(page)
    expect(await historyOf(page)).toBe(3)
    expect(await listLength(page)).toBe(10)
  }
})

test('what one tab forgets is gone in the other as well', async ({ page, context, small }) => {
  await openSitePage(page, small)
  await settled(page)
  expect(await clickThree(page)).toBe(3)
  const other = await context.newPage()
  await openSitePage(other, small)
  await expect.poll(() => historyOf(other)).toBe(3)
  await page.evaluate(() => window.recommender.forget())
  await expect.poll(() => historyOf(other)).toBe(0)
  const list = await other.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 10 }))
  expect(list).toMatchObject({ personal: false })
  expect(list.items).toHaveLength(10)
})
