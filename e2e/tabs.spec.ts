import type { Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import type { OpenSite } from './support/open-site.ts'
import { openHtml } from './support/site-page.ts'

/** A page with a shelf and the drop-in script. */
async function openShop(page: Page, site: OpenSite, storage: 'ask' | 'memory'): Promise<void> {
  const data = `data-site="demo" data-keys="${site.prepared.publicKey}" data-storage="${storage}"`
  const shelf = '<pocket-shelf scene="for-you" link="#{id}"></pocket-shelf>'
  const name = '<script>addEventListener("load", () => { window.recommender = window.pocketshelf })</script>'
  await openHtml(page, site, `${shelf}<script src="/pocketshelf.js" ${data}></script>${name}`)
  await shown(page)
}

const shown = (page: Page) => expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(8)

const status = (page: Page) => page.evaluate(() => window.recommender.status())

const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))

const choose = (page: Page, choice: 'persistent' | 'memory') =>
  page.evaluate((wanted) => window.recommender.storage.choose(wanted), choice)

const click = (page: Page, at: number) =>
  page.evaluate(async (n) => {
    const { items } = await window.recommender.recommend({ scene: 'for-you' })
    await window.recommender.track({ type: 'click', item: items[n]?.id ?? '' })
  }, at)

test('after a no in one tab nothing is kept by another that is open, nor by the next page', async ({
  page,
  context,
  small,
}) => {
  await openShop(page, small, 'ask')
  const other = await context.newPage()
  await other.goto(page.url())
  await shown(other)
  await click(other, 1)
  expect(await choose(page, 'persistent')).toBe('persistent')
  await expect.poll(() => status(other)).toMatchObject({ storage: 'persistent' })
  await expect.poll(async () => (await status(page)).historyItems).toBe(1)
  await click(other, 2)
  expect(await choose(page, 'memory')).toBe('memory')
  await expect.poll(() => status(other)).toMatchObject({ storage: 'memory', historyItems: 0 })
  await click(other, 3)
  await expect.poll(() => databases(page)).toEqual([])
  await page.waitForTimeout(2_500) // what a late write would bring back is there by then
  expect(await databases(page)).toEqual([])
  const kept = await other.evaluate(async () => [{ ...sessionStorage }, { ...localStorage }, await caches.keys()])
  expect(kept).toEqual([{}, { 'pocketshelf:keep': 'memory' }, []])
  await other.evaluate(async () => {
    const left = indexedDB.open(`pocketshelf:profile:${location.origin}|demo`)
    await new Promise((done) => {
      left.onsuccess = done
    })
    left.result.close()
  })
  expect(await databases(page)).toHaveLength(1)
  await page.reload()
  await expect.poll(() => databases(page)).toEqual([])
})

test('cards of a page that was left within its first second count once it is looked at', async ({ page, small }) => {
  await page.addInitScript(() => {
    let isHidden = true
    Object.defineProperty(document, 'hidden', { get: () => isHidden })
    Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') })
    addEventListener('looked-at', () => {
      isHidden = false
      document.dispatchEvent(new Event('visibilitychange'))
    })
  })
  await openShop(page, small, 'memory')
  const seen = () => page.evaluate(async () => JSON.parse(await window.recommender.profile.export()).events.length)
  await page.waitForTimeout(2_500)
  expect(await seen()).toBe(0)
  await page.evaluate(() => dispatchEvent(new Event('looked-at')))
  await expect.poll(seen).toBeGreaterThan(0)
})
