import type { BrowserContext, Page } from '@playwright/test'
import { ENGINES, expect, test } from './support/fixtures.ts'
import { keptFeedback } from './support/kept-feedback.ts'
import type { OpenSite } from './support/open-site.ts'
import { pageAt } from './support/page-at.ts'
import { openSitePage, type SiteOptions } from './support/site-page.ts'
import { layWire } from './support/wire.ts'

const HOUR_MS = 3_600_000
const EPOCH_MS = 168 * HOUR_MS

test.describe.configure({ timeout: 120_000 })

/** What happens while a report waits, before a page opens at the time when it may be sent. */
type Turn = {
  readonly why: string
  readonly isSent: boolean
  /** The visitor's own doing. */
  readonly act?: (page: Page) => Promise<unknown>
  /** What the browser says from now on. */
  readonly signals?: { readonly globalPrivacyControl?: boolean; readonly doNotTrack?: string }
  readonly options?: SiteOptions
}

const TURNS: readonly Turn[] = [
  { why: 'nothing changed', isSent: true },
  {
    why: 'both signals say that they are off',
    isSent: true,
    signals: { globalPrivacyControl: false, doNotTrack: '0' },
  },
  { why: 'Global Privacy Control went on', isSent: false, signals: { globalPrivacyControl: true, doNotTrack: '0' } },
  { why: 'Do Not Track went on', isSent: false, signals: { globalPrivacyControl: false, doNotTrack: '1' } },
  { why: 'both signals went on', isSent: false, signals: { globalPrivacyControl: true, doNotTrack: '1' } },
  { why: 'the site asks for nothing any more', isSent: false, options: { consent: 'off' } },
  {
    why: 'the visitor withdrew',
    isSent: false,
    act: (page) => page.evaluate(() => window.recommender.consent.withdraw()),
  },
  {
    why: 'the visitor chose to send events instead',
    isSent: false,
    options: { consent: 'first-party' },
    act: (page) => page.evaluate(() => window.recommender.consent.set('first-party', { text: 'Send what I click.' })),
  },
  {
    why: 'a signal went on for a moment while a page was open',
    isSent: false,
    async act(page) {
      await page.evaluate(() => {
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      })
      await expect.poll(async () => (await keptFeedback(page)).outbox.length).toBe(0)
    },
  },
  { why: 'everything was forgotten', isSent: false, act: (page) => page.evaluate(() => window.recommender.forget()) },
]

for (const { why, isSent, act, signals = {}, options = {} } of TURNS)
  test(`a report that waits is ${isSent ? 'sent' : 'dropped'} when ${why}`, async ({ context, asking }) => {
    const wire = await layWire(asking.url)
    const site = { ...asking, url: wire.url }
    const posts = () => wire.sent.filter(({ method }) => method === 'POST').length
    const waiting = await letOneWait(context, site, options)
    const { outbox } = await keptFeedback(waiting)
    expect(outbox).toHaveLength(1)
    await act?.(waiting)
    await waiting.close()

    const page = await pageAt(context, (outbox[0]?.notBefore ?? 0) + 1_000 - Date.now())
    await page.addInitScript((all) => {
      for (const [name, value] of Object.entries(all))
        Object.defineProperty(Navigator.prototype, name, { get: () => value, configurable: true })
    }, signals)
    await openSitePage(page, site, { consent: 'aggregate', ...options })
    await expect.poll(() => page.evaluate(() => window.looks), ENGINES).toBeGreaterThan(3)
    if (isSent) await expect.poll(posts).toBe(1)
    expect((await keptFeedback(page)).outbox).toEqual([])
    expect(posts()).toBe(isSent ? 1 : 0)
    await wire.close()
  })

/** A visitor agrees to aggregate mode, and comes back when a report is due. @returns The page that wrote it, still open. */
async function letOneWait(context: BrowserContext, site: OpenSite, options: SiteOptions): Promise<Page> {
  const ceiling = options.consent === 'first-party' ? options.consent : 'aggregate'
  const first = await pageAt(context, 0)
  await openSitePage(first, site, { consent: ceiling })
  await first.evaluate(() => window.recommender.consent.set('aggregate', { text: 'Ask me.' }))
  const { dueAt } = await keptFeedback(first)
  await first.close()
  // Early in a week, since a report about popular items expires with its own.
  const page = await pageAt(context, Math.ceil(dueAt / EPOCH_MS) * EPOCH_MS + HOUR_MS - Date.now())
  await openSitePage(page, site, { consent: ceiling })
  await expect.poll(async () => (await keptFeedback(page)).outbox.length, ENGINES).toBe(1)
  return page
}
