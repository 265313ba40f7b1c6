import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import { openSitePage, waitForCatalogue } from './support/site-page.ts'

const cards = (page: Page) => page.locator('pocket-shelf').getByRole('listitem')
const idsOf = (page: Page) => cards(page).evaluateAll((list) => list.map((card) => card.getAttribute('data-id') ?? ''))

/** The list that waits for the next page; null where none does, or where it is being made anew. */
async function waiting(page: Page): Promise<{ readonly personal: boolean; readonly ids: readonly string[] } | null> {
  return page.evaluate(async () => {
    const [name] = await caches.keys()
    const [address] = name === undefined ? [] : await (await caches.open(name)).keys()
    const list = address === undefined ? undefined : await (await caches.match(address))?.json()
    if (list === undefined) return null
    const { personal, items } = list.reply
    return { personal, ids: items.map(({ id }: { id: string }) => id) }
  })
}

/** Has the visitor click an item, and waits until the next list is made. */
async function visit(page: Page): Promise<void> {
  await waitForCatalogue(page)
  await page.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 10 })
    await window.recommender.track([{ type: 'click', item: items[3]?.id ?? '' }])
  })
  await expect(page.getByRole('heading', { name: 'For you' })).toBeVisible()
  await expect.poll(() => waiting(page)).toMatchObject({ personal: true })
}

test('a later visit shows the list that the visit before made for it, also where no worker starts', async ({
  page,
  small,
}) => {
  await openSitePage(page, small)
  await visit(page)
  await page.route('**/pocketshelf-worker.js', () => undefined) // never answered
  await page.reload()
  await expect(cards(page)).toHaveCount(10)
  expect(await idsOf(page)).toEqual((await waiting(page))?.ids)
  const marks = await page.evaluate(() => performance.getEntriesByName('pocketshelf:first-personal-list').length)
  expect(marks).toBe(1)
})

test('the worker’s own list takes its place, and is the same where nothing happened since', async ({ page, small }) => {
  // Far below the fold, where nothing counts as seen.
  const markup = '<div style="height: 5000px"></div><pocket-shelf scene="for-you" count="10"></pocket-shelf>'
  await openSitePage(page, small, { markup })
  await visit(page)
  await page.reload()
  await expect.poll(() => page.evaluate(() => window.recLists)).toBeGreaterThan(1)
  const shown = await idsOf(page)
  const made = await page.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 10 })
    return items.map(({ id }) => id)
  })
  expect(shown).toEqual(made)
})

test('nothing waits for the next page after forgetting, nor where the page keeps nothing', async ({
  page,
  context,
  small,
}) => {
  await openSitePage(page, small)
  await visit(page)
  await page.evaluate(async () => {
    for (const shelf of document.querySelectorAll('pocket-shelf')) shelf.remove()
    await window.recommender.forget()
  })
  expect(await page.evaluate(() => caches.keys())).toEqual([])
  const other = await context.newPage()
  await openSitePage(other, small, { storage: 'memory' })
  await expect(cards(other)).toHaveCount(10)
  await other.waitForTimeout(2_000)
  expect(await other.evaluate(() => caches.keys())).toEqual([])
})

test('what is no list of ours is not shown, and harms nothing', async ({ page, small }) => {
  await openSitePage(page, small)
  await visit(page)
  await page.evaluate(async () => {
    const [name = ''] = await caches.keys()
    const cache = await caches.open(name)
    const [address] = await cache.keys()
    if (address === undefined) throw new Error('no list waits')
    await cache.put(address, new Response(JSON.stringify({ at: Date.now(), reply: { items: [{ id: 7 }] } })))
  })
  await page.reload()
  await expect(cards(page)).toHaveCount(10)
  expect(await page.evaluate(() => window.recErrors)).toEqual([])
})

test('a list of more than a day ago is not shown', async ({ page, small }) => {
  await openSitePage(page, small)
  await visit(page)
  await page.route('**/pocketshelf-worker.js', () => undefined) // never answered
  await page.clock.install({ time: Date.now() + 25 * 3_600_000 })
  await page.reload()
  await expect(page.getByRole('link', { name: 'Our bestsellers' })).toBeVisible()
  await expect(cards(page)).toHaveCount(0)
})
