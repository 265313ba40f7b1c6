import { expect, test } from './support/fixtures.ts'
import { openSitePage } from './support/site-page.ts'

test.use({ trace: 'off' }) // its snapshots are long tasks themselves

/** Items of the head, which is all that the smallest tier holds of 40,000. */
const HEAD_ITEMS = 7_950

test('an engine in the page starts and answers without a task of more than 50 ms', async ({ page, large }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'Worker', { value: undefined })
    Object.assign(window, { longTasks: [] })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        (window as object as { longTasks: number[] }).longTasks.push(Math.round(duration))
    }).observe({ type: 'longtask', buffered: true })
  })
  const load = async () => {
    await openSitePage(page, large, { storage: 'memory' }) // each load downloads anew
    const items = () => page.evaluate(async () => (await window.recommender.status()).residentItems)
    await expect.poll(items, { timeout: 30_000 }).toBe(HEAD_ITEMS)
    return page.evaluate(async () => {
      for (let round = 0; round < 10; round++) {
        const list = await window.recommender.recommend({ scene: 'for-you', count: 20 })
        await window.recommender.track({ type: 'click', item: list.items[round]?.id ?? '' })
      }
      return (window as object as { longTasks: number[] }).longTasks
    })
  }
  // A task of ours that is long is long in each of three loads; what a busy machine does to one load is not.
  let long = await load()
  for (let again = 0; again < 2 && long.length > 0; again++) long = await load()
  expect(long).toEqual([])
})
