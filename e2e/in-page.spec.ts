import { expect, test } from './support/fixtures.ts'
import { openSitePage } from './support/site-page.ts'

test.use({ trace: 'off' }) // its snapshots are long tasks themselves

/** Items of the head, which is all that the smallest tier holds of 40,000. */
const HEAD_ITEMS = 7_950

type TraceEvent = { readonly name: string; readonly pid: number; readonly tid: number; readonly ts: number } & Partial<{
  readonly dur: number
  /** Microseconds of the processor; a busy machine changes `dur` and not this. */
  readonly tdur: number
  readonly args: { readonly name?: string }
}>

test('an engine in the page starts and answers without a task of more than 50 ms of the processor', async ({
  page,
  browser,
  large,
}) => {
  await page.addInitScript(() => Object.defineProperty(window, 'Worker', { value: undefined }))
  await page.goto(`${large.url}/robots.txt`)
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] })
  await openSitePage(page, large)
  const items = () => page.evaluate(async () => (await window.recommender.status()).residentItems)
  await expect.poll(items, { timeout: 30_000 }).toBe(HEAD_ITEMS)
  await page.evaluate(async () => {
    for (let round = 0; round < 10; round++) {
      const list = await window.recommender.recommend({ scene: 'for-you', count: 20 })
      await window.recommender.track({ type: 'click', item: list.items[round]?.id ?? '' })
    }
  })
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse((await browser.stopTracing()).toString())
  const mains = new Set(traceEvents.filter((e) => e.args?.name === 'CrRendererMain').map((e) => `${e.pid}/${e.tid}`))
  const tasks = traceEvents.filter((e) => mains.has(`${e.pid}/${e.tid}`) && e.tdur !== undefined)
  expect(tasks.length).toBeGreaterThan(100)
  expect(Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000).toBeLessThan(50)
})
