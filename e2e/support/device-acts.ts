import type { Runs } from './release-objects.ts'

/** Items that the device remembers. */
export const historyOf = (page: Runs): Promise<number> =>
  page.evaluate(async () => (await window.recommender.profile.history()).length)

/** Clicks the first three items of a list. @returns How many items the device then remembers. */
export async function clickThree(page: Runs): Promise<number> {
  await page.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 3 })
    await window.recommender.track(items.map(({ id }) => ({ type: 'click', item: id })))
  })
  return historyOf(page)
}

/** Asks for fifty lists of ten at once. @returns Each list's name and how many items it has. */
export const askFiftyTimes = (page: Runs): Promise<readonly { readonly list: string; readonly count: number }[]> =>
  page.evaluate(async () => {
    const call = () => window.recommender.recommend({ scene: 'for-you', count: 10 })
    const replies = await Promise.all(Array.from({ length: 50 }, call))
    return replies.map(({ list, items }) => ({ list, count: items.length }))
  })

/** Lines of a worker whose store of objects is full after four. */
export const FULL_STORE = `let puts = 0
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === 'objects' && ++puts > 4) throw new DOMException('full', 'QuotaExceededError')
    return put.apply(this, args)
  };`

/** Lines of a worker whose clock is years on or back. */
export const clockOff = (years: number): string =>
  `{ const now = Date.now; Date.now = () => now() + ${years} * 31557600000 };`
