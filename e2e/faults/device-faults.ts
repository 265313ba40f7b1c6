import { expect } from '@playwright/test'
import type { Promised, Scene } from '../promises/scene.ts'
import { askFiftyTimes, clickThree, clockOff, FULL_STORE, historyOf } from '../support/device-acts.ts'
import { readReleasePaths, readStoredObjects } from '../support/release-objects.ts'
import { deleteDatabases, spoilObjects } from '../support/spoil-storage.ts'
import {
  expectCards,
  expectResumed,
  expectSettled,
  inWorker,
  MORTAL,
  openShelf,
  shelfOf,
  statusOf,
} from './fault-page.ts'

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
    sentence: 'a quota that is refused in the middle of a download costs storage, not the lists',
    async keep(scene) {
      await openShelf(scene, inWorker(FULL_STORE))
      await expectSettled(scene)
      expect(await personalList(scene)).toHaveLength(20)
      expect(await statusOf(scene)).toMatchObject({ storage: 'persistent', lastError: { code: 'quota-exceeded' } })
      expect(await clickThree(scene.visitor)).toBe(3)
    },
  },
  {
    sentence: 'fifty calls at once are all answered with full lists of their own',
    async keep(scene) {
      await openShelf(scene)
      await expectCards(scene)
      const lists = await askFiftyTimes(scene.visitor)
      expect(lists.map(({ count }) => count)).toEqual(new Array(50).fill(10))
      expect(new Set(lists.map(({ list }) => list)).size).toBe(50)
    },
  },
  {
    sentence: 'a clock that jumps ten years on or back changes no history and leaves lists full',
    async keep(scene) {
      const { visitor, demo, host } = scene
      const pages = { '/on': shelfOf(demo, inWorker(clockOff(10))), '/back': shelfOf(demo, inWorker(clockOff(-10))) }
      const { url } = await host(shelfOf(demo), { pages })
      await visitor.goto(url)
      await expectSettled(scene)
      expect(await clickThree(scene.visitor)).toBe(3)
      for (const page of ['on', 'back']) {
        await visitor.goto(url + page)
        await expectSettled(scene)
        expect(await historyOf(visitor)).toBe(3)
        expect(await personalList(scene)).toHaveLength(20)
      }
    },
  },
  {
    sentence: 'what one page forgets is gone in another of the same site as well',
    async keep(scene) {
      const { visitor } = scene
      await openShelf(scene)
      await expectSettled(scene)
      expect(await clickThree(scene.visitor)).toBe(3)
      await visitor.evaluate(() => {
        const frame = document.createElement('iframe')
        frame.src = location.href
        document.body.append(frame)
      })
      const historyInFrame = () =>
        visitor.evaluate(async () => {
          const { recommender } = (frames[0] ?? {}) as Partial<Window>
          return recommender === undefined ? null : (await recommender.profile.history()).length
        })
      await expect.poll(historyInFrame).toBe(3)
      await visitor.evaluate(() => window.recommender.forget())
      await expect.poll(historyInFrame).toBe(0)
    },
  },
  {
    sentence: 'databases deleted under an open page cost nothing that the visitor did in it, and are filled again',
    async keep(scene) {
      const { visitor } = scene
      const url = await openShelf(scene)
      await expectSettled(scene)
      await visitor.evaluate(deleteDatabases)
      expect(await clickThree(scene.visitor)).toBe(3)
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
      const { 'next cards': path, ...others } = await readReleasePaths(demo.site)
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
      // WebKit does not end the transaction of a worker that is killed in the middle of a write, and all who read wait behind it.
      const awaited = [others['next vectors'], others['next voters'], others['next columns']]
      const isMissing = async () => {
        const stored = await readStoredObjects(visitor)
        return awaited.filter((other) => !stored.some(({ hash }) => other.endsWith(hash)))
      }
      await expect.poll(isMissing).toEqual([])
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
