import AxeBuilder from '@axe-core/playwright'
import type { BrowserContext, Page } from '@playwright/test'
import { BROWSER_HEADERS } from './support/browser-headers.ts'
import { ENGINES, expect, test } from './support/fixtures.ts'
import { keptFeedback } from './support/kept-feedback.ts'
import { pageAt } from './support/page-at.ts'
import { openSitePage } from './support/site-page.ts'
import { layWire, type Wire } from './support/wire.ts'

const DAY_MS = 86_400_000
const EPOCH_MS = 7 * DAY_MS
const HOUR_MS = 3_600_000

/** All that a report's request may carry; the browser sets each of them. */
const HEADERS: readonly string[] = [...BROWSER_HEADERS, 'content-length']

test.describe.configure({ timeout: 120_000 })

test('a report that waits is sent by the service worker when the page is closed, once', async ({ context, asking }) => {
  const wire = await layWire(asking.url)
  const answers: number[] = []
  wire.tamper = (path, answer) => {
    if (path.endsWith('/r')) answers.push(answer.status)
    return answer
  }
  const { notBefore, laterMs } = await writeOne(context, wire)
  expect(posts(wire)).toEqual([])

  // The visitor comes by an hour before the report may be sent, and leaves.
  const dueMs = notBefore - Date.now()
  const last = await pageAt(context, Math.max(laterMs, dueMs - HOUR_MS))
  const wake = await wakerOf(context, last, wire)
  await last.goto(`${wire.url}/you`)
  await expect(last.getByText('One waits for its time to be sent.')).toBeVisible()
  await expect.poll(() => last.evaluate(async () => (await caches.match('/engine.json')) !== undefined)).toBe(true)
  await last.goto('about:blank')

  await wake(dueMs - HOUR_MS / 2)
  expect(posts(wire)).toEqual([])
  await wake(dueMs + 1_000)
  await expect.poll(() => answers).toEqual([204])
  await wake(dueMs + HOUR_MS)
  const next = await pageAt(context, dueMs + HOUR_MS)
  await next.goto(`${wire.url}/you`)
  await expect(next.getByText(/^1 of 8 answers .* None waits to be sent[.]$/)).toBeVisible()
  await expect(next.getByText('Of what you do nothing was sent but private answers')).toBeVisible()
  const [sent, ...more] = posts(wire)
  expect(more).toEqual([])
  expect(sent?.bytes).toHaveLength(32)
  await expect(next.getByRole('cell', { name: sent?.bytes.toString('hex') })).toBeVisible()
  await next.getByRole('region', { name: 'Answers written on this device' }).focus() // a phone scrolls it, by keys as well
  // axe brings its own copy of playwright-core, whose types do not know ours.
  const { violations } = await new AxeBuilder({ page: next as never }).include('.you').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
  await next.keyboard.press('Alt+Shift+KeyP')
  await expect(next.getByText('Privacy · 0 events and 1 private reports were sent')).toBeVisible()
  expect(await keptFeedback(next)).toMatchObject({ days: { length: 1 }, outbox: [] })
  await wire.close()
})

test('reports of a page in use leave as 32 bytes, with no cookie, referrer, type or item, and no earlier than drawn', async ({
  context,
  asking,
}) => {
  const wire = await layWire(asking.url)
  await context.addCookies([{ name: 'visitor', value: 'somebody', url: wire.url }])
  const visit = async (laterMs: number) => {
    const page = await pageAt(context, laterMs)
    await openSitePage(page, { ...asking, url: wire.url }, { consent: 'aggregate' })
    return page
  }
  const first = await visit(0)
  await first.evaluate(() => window.recommender.consent.set('aggregate', { text: 'Ask me.' }))
  let { dueAt } = await keptFeedback(first)
  await first.close()
  const seen = new Set<string>()
  for (let report = 1; report <= 4; report++) {
    const writing = await visit(Math.ceil(dueAt / EPOCH_MS) * EPOCH_MS + HOUR_MS - Date.now())
    await expect.poll(async () => (await keptFeedback(writing)).outbox.length, ENGINES).toBe(1)
    for (const id of await useList(writing)) seen.add(id)
    const kept = await keptFeedback(writing)
    await writing.close()
    dueAt = kept.dueAt
    const notBefore = kept.outbox[0]?.notBefore ?? 0
    const early = await visit(notBefore - 60_000 - Date.now())
    await expect.poll(() => early.evaluate(() => window.looks)).toBeGreaterThan(3)
    await early.close()
    expect(posts(wire)).toHaveLength(report - 1)
    const sending = await visit(notBefore + 1_000 - Date.now())
    await expect.poll(() => posts(wire).length).toBe(report)
    await sending.close()
  }
  expect(wire.sent.some(({ headers }) => headers.cookie !== undefined)).toBe(true) // the page's own files get it
  expect(seen.size).toBeGreaterThan(8)
  for (const { path, headers, bytes } of posts(wire)) {
    expect([path, bytes.length]).toEqual(['/v1/sites/demo/r', 32])
    expect(Object.keys(headers).filter((name) => !HEADERS.includes(name))).toEqual([])
    const whole = Buffer.concat([Buffer.from(JSON.stringify([path, headers])), bytes])
    for (const id of seen) for (const form of formsOf(id)) expect(whole.includes(form), id).toBe(false)
  }
  await wire.close()
})

/** Shows a list, sees all of it and takes one item. @returns Ids of the list. */
function useList(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { recommender } = window
    const { list, items } = await recommender.recommend({ scene: 'for-you', count: 8 })
    const ids = items.map(({ id }) => id)
    await recommender.track(ids.map((item, position) => ({ type: 'impression', item, list, position })))
    await recommender.track({ type: 'click', item: ids[2] ?? '', list, position: 2 })
    return ids
  })
}

/** How an id could hide in bytes. */
function formsOf(id: string): readonly Buffer[] {
  const texts = [id, Buffer.from(id).toString('hex'), Buffer.from(id).toString('base64').replace(/=+$/, '')]
  return texts.flatMap((text) => [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    Buffer.from(text, 'utf16le').swap16(),
  ])
}

/** A visitor agrees, and comes back when a report is due. @returns When it may be sent, by the real clock; how much later it was written. */
async function writeOne(context: BrowserContext, wire: Wire): Promise<{ notBefore: number; laterMs: number }> {
  const first = await pageAt(context, 0)
  await first.goto(`${wire.url}/you`)
  await expect(first.getByText('No answer was written in the last 28 days; 8 may be.')).toBeVisible()
  await first.getByRole('radio', { name: 'Private answers' }).press('Space')
  await expect(first.getByText('Your choice is kept.')).toBeVisible()
  const { consentAt, dueAt } = await keptFeedback(first)
  expect(dueAt - consentAt).toBeGreaterThanOrEqual(DAY_MS)
  await first.close()
  // Early in a week, since a report about popular items expires with its own.
  const laterMs = Math.ceil(dueAt / EPOCH_MS) * EPOCH_MS + HOUR_MS - Date.now()
  const page = await pageAt(context, laterMs)
  await page.goto(`${wire.url}/you`)
  await expect.poll(async () => (await keptFeedback(page)).outbox.length, ENGINES).toBe(1)
  const { outbox } = await keptFeedback(page)
  await page.close()
  return { notBefore: outbox[0]?.notBefore ?? 0, laterMs }
}

function posts(wire: Wire) {
  return wire.sent.filter(({ method }) => method === 'POST')
}

/** What lets the browser wake the service worker of the shop at some time from now; settles when it looks for a release, after reports. */
async function wakerOf(context: BrowserContext, page: Page, wire: Wire): Promise<(laterMs: number) => Promise<void>> {
  const session = await context.newCDPSession(page)
  const found: { scopeURL: string; registrationId: string }[] = []
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    for (const registration of registrations) if (!registration.isDeleted) found.push(registration)
  })
  await session.send('ServiceWorker.enable')
  const looks = () => wire.sent.filter(({ path }) => path.endsWith('/channels/main')).length
  return async (laterMs) => {
    const before = looks()
    const [worker] = context.serviceWorkers()
    await worker?.evaluate((ms) => {
      const { now } = performance
      Date.now = () => performance.timeOrigin + now.call(performance) + ms
    }, laterMs)
    const { scopeURL = '', registrationId = '' } = found.at(-1) ?? {}
    const tag = 'pocketshelf-release'
    await session.send('ServiceWorker.dispatchPeriodicSyncEvent', {
      origin: new URL(scopeURL).origin,
      registrationId,
      tag,
    })
    await expect.poll(looks).toBeGreaterThan(before)
  }
}
