import { join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { ROOT, runPocketshelf, runScript } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'
import { keptFeedback } from './support/kept-feedback.ts'
import { type OpenSite, openSite } from './support/open-site.ts'
import { pageAt } from './support/page-at.ts'
import { ASKING, prepareSite } from './support/prepared-site.ts'
import { openSitePage } from './support/site-page.ts'
import { layWire } from './support/wire.ts'

const HOUR_MS = 3_600_000
const EPOCH_MS = 168 * HOUR_MS

test.describe.configure({ timeout: 300_000 })

test('consent, one report, a release learnt from thousands, its canary, and back when clicks drop', async ({
  context,
}) => {
  const site = await openSite(await prepareSite(ASKING))
  const wire = await layWire(site.url)
  const visit = (laterMs: number) => visitAt(context, { ...site, url: wire.url }, laterMs)
  const posts = () => wire.sent.filter(({ method }) => method === 'POST')

  // Days pass until the device's own report is due, is written, and may be sent.
  const first = await visit(0)
  const { release: old, arm } = await seenBy(first)
  expect(arm).toBe('main')
  expect(await first.evaluate(() => window.recommender.consent.mode())).toBe('off')
  const agreed = await first.evaluate(() => window.recommender.consent.set('aggregate', { text: 'Ask me.' }))
  expect(agreed).toBe('aggregate')
  const { planHash } = await first.evaluate(() => window.recommender.feedback.status())
  const { dueAt } = await keptFeedback(first)
  await first.close()
  const writing = await visit(Math.ceil(dueAt / EPOCH_MS) * EPOCH_MS + HOUR_MS - Date.now())
  await expect.poll(async () => (await keptFeedback(writing)).outbox.length).toBe(1)
  const { outbox } = await keptFeedback(writing)
  await writing.close()
  expect(posts()).toEqual([])
  let laterMs = (outbox[0]?.notBefore ?? 0) + 1_000 - Date.now()
  const sending = await visit(laterMs)
  await expect.poll(() => posts().length).toBe(1)
  await sending.close()
  const [{ bytes = Buffer.alloc(0), path = '' } = {}] = posts()
  expect(path).toBe('/v1/sites/demo/r')
  expect(bytes).toHaveLength(32)
  expect(bytes.subarray(0, 10).toString('hex')).toBe(`0100${planHash?.slice(0, 16)}`)

  // Others report as well; a release is made of all of them, for half of the devices.
  const misjudged = Array.from({ length: 64 }, (_, k) => (k < 3 ? -0.03 : 0))
  await answer(site, [{ id: 'rank', count: 1_800, answer: misjudged }])
  await site.restart()
  const { keys, config } = site.prepared
  const common = ['--dir', site.home, '--config', config]
  const places = ['--out', site.release, '--keys', keys]
  const learnt = await runPocketshelf(['retrain', '--from', 'aggregates', ...places, ...common])
  expect(learnt, JSON.stringify(learnt)).toMatchObject({
    exitCode: 0,
    summary: { isChanged: true, published: { live: 'canary50' } },
  })

  // Each week a device draws anew whether it is among them.
  let page = await visit(laterMs)
  for (let week = 0; week < 20 && (await seenBy(page)).arm === 'main'; week++) {
    expect(await seenBy(page)).toMatchObject({ release: old })
    await page.close()
    laterMs += EPOCH_MS
    page = await visit(laterMs)
  }
  expect(await seenBy(page)).toMatchObject({ arm: 'canary', release: learnt.summary.release })

  // Its visitors click less.
  await answer(site, [
    { id: 'canary-main', count: 400, answer: 1 },
    { id: 'canary-main', count: 400, answer: 0 },
    { id: 'canary-canary', count: 800, answer: 0 },
  ])
  await site.restart()
  const judged = await runPocketshelf(['judge', ...common])
  expect(judged).toMatchObject({ exitCode: 0, summary: { decision: 'rollback' } })
  const changes = await runPocketshelf(['changes', ...common])
  expect(JSON.stringify(changes.summary)).toMatch(/sessions with a click: -\d/)
  await page.evaluate(() => window.recommender.refresh())
  await expect.poll(() => seenBy(page)).toMatchObject({ arm: 'main', release: old })
  await wire.close()
  await site.stop()
})

/** A page of the site in the visitor's browser, at a time from now, on the release that it then has. */
async function visitAt(context: BrowserContext, site: OpenSite, laterMs: number): Promise<Page> {
  const page = await pageAt(context, laterMs)
  await openSitePage(page, site, { consent: 'aggregate' })
  await page.evaluate(() => window.recommender.refresh())
  return page
}

async function seenBy(page: Page): Promise<{ release: string; arm: string }> {
  const { release } = await page.evaluate(() => window.recommender.inspect())
  return { release: release.name, arm: release.arm }
}

type Batch = { readonly id: string; readonly count: number; readonly answer: number | readonly number[] }

/** Lets other devices answer, through the client's randomiser and over HTTP. */
async function answer(site: OpenSite, answers: readonly Batch[]): Promise<void> {
  const script = join(ROOT, 'model-build', 'simulate', 'post-answers.ts')
  const asked = ['--edge', site.url, '--site', 'demo', '--answers', JSON.stringify(answers)]
  const { exitCode, stderr } = await runScript(script, asked)
  expect(exitCode, stderr).toBe(0)
}
