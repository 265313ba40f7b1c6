import { expect } from '@playwright/test'
import type { EngineStatus } from 'pocketshelf'
import { type Scene, SHELF, scriptTag, shownIds, type Wired } from '../promises/scene.ts'
import { readStoredObjects } from '../support/release-objects.ts'

/** Items of the demo shop, and of the slice that comes first. */
export const ITEMS = 1_500
export const FIRST_SLICE = 350

/** Cards of the shelf. */
const SHOWN = 8

/** WebKit's window is slow to fill on a machine that builds beside it. */
const PATIENT = { timeout: 20_000 }

/** The name that other tests give to a page's recommender. */
const ALIAS = `<script>Object.defineProperty(window, 'recommender', { get: () => window.pocketshelf })</script>`

/** Puts lines before the worker's script, which runs from a blob. */
export const inWorker = (lines: string): string => `<script>
  const RealBlob = window.Blob
  window.Blob = class extends RealBlob {
    constructor(parts = [], options) {
      super(options?.type === 'text/javascript' ? [${JSON.stringify(lines)}, ...parts] : parts, options)
    }
  }
</script>`

/** Lets a test kill the worker from outside, once, by an event. */
export const MORTAL = `<script>
  const RealWorker = window.Worker
  window.Worker = class extends RealWorker {
    constructor(url, options) {
      super(url, options)
      addEventListener('kill-worker', () => this.terminate(), { once: true })
    }
  }
</script>`

/** A page with a shelf of a site. @param head - What stands before it. */
export const shelfOf = (site: Wired, head = ''): string => ALIAS + head + SHELF + scriptTag(site)

/** Opens a page of another site with a shelf of the demo shop. @returns Its address. */
export async function openShelf({ visitor, demo, host }: Scene, head = ''): Promise<string> {
  const { url } = await host(shelfOf(demo, head))
  await visitor.goto(url)
  return url
}

/** Null until the drop-in script has run. */
export function statusOf({ visitor }: Scene): Promise<EngineStatus | null> {
  return visitor.evaluate(async () => (window.recommender === undefined ? null : window.recommender.status()))
}

export const lastCode = async (scene: Scene): Promise<string | undefined> => (await statusOf(scene))?.lastError?.code

export async function expectCards({ visitor }: Scene): Promise<void> {
  await expect.poll(() => visitor.evaluate(shownIds), PATIENT).toHaveLength(SHOWN)
}

/** The page's own content is there, no list, and the page knows why. */
export async function expectFallback({ visitor }: Scene, code: string): Promise<void> {
  await expect.poll(() => visitor.evaluate(() => window.recErrors), PATIENT).toContain(code)
  const heightOf = () => document.querySelector('pocket-shelf a')?.getBoundingClientRect().height ?? 0
  expect(await visitor.evaluate(heightOf)).toBeGreaterThan(0)
  expect(await visitor.evaluate(shownIds)).toEqual([])
}

/** Everything has come. */
export async function expectSettled(scene: Scene): Promise<void> {
  await expect.poll(async () => (await statusOf(scene))?.residentItems, PATIENT).toBe(ITEMS)
}

/** The fault is over and the browser says so: the download goes on where it stopped, nothing that is stored is asked for again, and everything comes. */
export async function expectResumed(scene: Scene): Promise<void> {
  const { visitor, demo } = scene
  const stored = await readStoredObjects(visitor)
  expect(stored.filter(({ isWhole }) => !isWhole)).toEqual([])
  const before = demo.wire.sent.length
  demo.wire.tamper = undefined
  demo.wire.isCut = false
  await visitor.evaluate(() => dispatchEvent(new Event('online')))
  await expectCards(scene)
  await expectSettled(scene)
  await expect.poll(() => lastCode(scene), PATIENT).toBeUndefined()
  const asked = demo.wire.sent.slice(before).map(({ path }) => path)
  expect(asked.filter((path) => stored.some(({ hash }) => path.endsWith(hash)))).toEqual([])
}
