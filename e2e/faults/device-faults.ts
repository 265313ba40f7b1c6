import { expect } from '@playwright/test'
import type { Promised, Scene } from '../promises/scene.ts'
import { readReleasePaths } from '../support/release-objects.ts'
import { deleteDatabases, spoilObjects } from '../support/spoil-storage.ts'
import { expectCards, expectResumed, expectSettled, MORTAL, openShelf, statusOf } from './fault-page.ts'

/** What goes wrong on the device itself. */
export const DEVICE_FAULTS: readonly Promised[] = [
  {
    sentence: 'stored objects whose bytes were changed are fetched again, and no list is wrong',
    async keep(scene) {
      const { visitor } = scene
      const url = await openShelf(scene)
      await expectSettled(scene)
      const before = await personalList(scene)
      expect(before).toHaveLength(20)
      expect(await visitor.evaluate(spoilObjects)).toBeGreaterThan(5)
      await visitor.goto(url)
      await expectSettled(scene)
      expect(await personalList(scene)).toEqual(before)
    },
  },
  {
    sentence: 'databases deleted under an open page cost nothing that the visitor did in it, and are filled again',
    async keep(scene) {
      const { visitor } = scene
      const url = await openShelf(scene)
      await expectSettled(scene)
      await visitor.evaluate(deleteDatabases)
      const clicked = await visitor.evaluate(async () => {
        const { items } = await window.recommender.recommend({ scene: 'for-you', count: 3 })
        await window.recommender.track(items.map(({ id }) => ({ type: 'click', item: id })))
        return items.length
      })
      expect(clicked).toBe(3)
      expect(await personalList(scene)).toHaveLength(20)
      await visitor.goto(url)
      await expectSettled(scene)
      expect(await statusOf(scene)).toMatchObject({ historyItems: 3, storage: 'persistent' })
    },
  },
  {
    sentence: 'a worker that is killed in the middle of a download is followed by another, from what is stored',
    async keep(scene) {
      const { visitor, demo } = scene
      const { 'next cards': path } = await readReleasePaths(demo.site)
      const [reached, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      demo.wire.tamper = async (asked, answer) => {
        if (!asked.endsWith(path)) return answer
        demo.wire.tamper = undefined
        reached.resolve()
        await killed.promise
        return null // whole, it would be in the browser's cache
      }
      await openShelf(scene, MORTAL)
      await reached.promise
      await visitor.evaluate(() => dispatchEvent(new Event('kill-worker')))
      killed.resolve()
      await expectResumed(scene)
    },
  },
  {
    sentence: 'a worker that is killed in the middle of a call settles it with worker-died, and no event is lost',
    async keep(scene) {
      const { visitor } = scene
      const url = await openShelf(scene, MORTAL)
      await expectSettled(scene)
      const codes = await visitor.evaluate(async () => {
        const [item] = (await window.recommender.recommend({ scene: 'trending', count: 1 })).items
        const calls = [
          window.recommender.recommend({ scene: 'for-you', count: 100 }),
          window.recommender.track({ type: 'click', item: item?.id ?? '' }),
        ]
        dispatchEvent(new Event('kill-worker'))
        const ends = await Promise.allSettled(calls)
        return ends.map((end) => (end.status === 'rejected' ? String(end.reason.code) : 'answered'))
      })
      expect(codes).toEqual(['worker-died', 'worker-died'])
      await expectSettled(scene)
      await visitor.goto(url)
      await expectCards(scene)
      await expect.poll(async () => (await statusOf(scene))?.historyItems).toBe(1)
    },
  },
]

/** Twenty of a list that the shelf's rules do not change, with their scores. */
function personalList({ visitor }: Scene): Promise<readonly (readonly [string, number])[]> {
  return visitor.evaluate(async () => {
    const { items } = await window.recommender.recommend({ scene: 'for-you', count: 20, rules: null })
    return items.map(({ id, score }) => [id, score] as const)
  })
}
