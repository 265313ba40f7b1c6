import type { Browser, Page } from '@playwright/test'
import { expect, test } from './support/fixtures.ts'
import { serveHost } from './support/host-page.ts'

test.use({ trace: 'off' }) // a recording runs JavaScript in the page that was left, and the browser then drops it

/** So does the driver itself now and then (reason "JavaScriptExecution"); a page that may not be kept never is. */
const MOST_TRIPS = 5

test('a page with a shelf goes into the back/forward cache, and reacts when it comes back', async ({
  playwright,
  launchOptions,
  small,
}) => {
  const data = `data-edge="${small.url}" data-site="demo" data-keys="${small.prepared.publicKey}"`
  const shelf = '<pocket-shelf scene="for-you" count="8"></pocket-shelf>'
  const script = `<script async crossorigin src="${small.url}/pocketshelf.js" ${data}></script>`
  const host = await serveHost(shelf + script, { pages: { '/next': '<p>Another page</p>' } })
  const withCache = { ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }
  const browser = await playwright.chromium.launch(withCache)
  let kept: Page | null = null
  for (let trip = 0; trip < MOST_TRIPS && kept === null; trip++) kept = await leaveAndReturn(browser, host.url)
  if (kept === null) throw new Error('the page was never kept')
  await kept.locator('pocket-shelf').getByRole('listitem').nth(1).getByRole('link').click()
  await expect(kept.getByRole('heading', { name: 'For you' })).toBeVisible()
  await browser.close()
  host.close()
})

/** @returns The page, where the one that came back is the one that was left. */
async function leaveAndReturn(browser: Browser, url: string): Promise<Page | null> {
  const page = await browser.newPage()
  await page.goto(url)
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(8)
  await page.evaluate(() => {
    addEventListener('rec-click', (event) => event.preventDefault())
    addEventListener('pageshow', ({ persisted }) => Object.assign(window, { wasKept: persisted }))
    location.href = '/next'
  })
  await page.waitForURL('**/next')
  await page.evaluate(() => setTimeout(() => history.back()))
  const wasKept = () => page.evaluate(() => (window as { wasKept?: boolean }).wasKept).catch(() => null)
  return expect
    .poll(wasKept, { timeout: 4_000 })
    .toBe(true)
    .then(
      () => page,
      () => null,
    )
}
