import type { Browser, Page } from '@playwright/test'
import { expect } from './fixtures.ts'
import type { OpenSite } from './open-site.ts'
import { openHtml } from './site-page.ts'

const LANES = 3

/**
 * Lets visitors come to a page with the drop-in script, agree to first-party mode, click these items and leave. Each has memory and
 * pseudonym of their own; their events travel by the client's outbox.
 */
export async function sendVisitors(
  browser: Browser,
  site: OpenSite,
  { count, items }: { readonly count: number; readonly items: readonly string[] },
): Promise<void> {
  const queue = Array.from({ length: count }, (_, n) => n).values()
  const lane = async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await openHtml(page, site, shopBody(site, items))
    for (const n of queue) {
      if (n >= LANES) await page.reload()
      await visit(page, items)
    }
    await context.close()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

function shopBody({ prepared }: OpenSite, items: readonly string[]): string {
  const click = "recommender.track({ type: 'click', item: this.textContent })"
  const buttons = items.map((id) => `<button onclick="${click}">${id}</button>`).join('')
  const data = `data-site="demo" data-keys="${prepared.publicKey}" data-consent="first-party" data-storage="memory" data-track="manual"`
  const script = `<script src="/pocketshelf.js" ${data}></script>`
  return `${buttons}${script}<script>window.recommender = window.pocketshelf</script>`
}

async function visit(page: Page, items: readonly string[]): Promise<void> {
  const status = () => page.evaluate(() => window.recommender.status())
  const agree = () => window.recommender.consent.set('first-party', { text: 'Send what I click to this shop.' })
  expect(await page.evaluate(agree)).toBe('first-party')
  for (const id of items) await page.getByRole('button', { name: id }).click()
  const kept = async () => {
    const { pendingEvents, sentEvents } = await status()
    return pendingEvents + sentEvents
  }
  await expect.poll(kept).toBe(items.length)
  // Headless pages are always visible; a visitor who leaves is what makes the outbox hurry.
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await expect.poll(async () => (await status()).sentEvents).toBe(items.length)
}
