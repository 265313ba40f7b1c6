import type { Page } from '@playwright/test'
import { test as base, ENGINES, expect } from './support/fixtures.ts'
import { forgeManifest, livePointer, resign } from './support/forged.ts'
import { inWorker } from './support/in-worker.ts'
import type { OpenSite } from './support/open-site.ts'
import { type ObjectKind, type ReleasePaths, readReleasePaths, readStoredObjects } from './support/release-objects.ts'
import { openSitePage, type SiteOptions } from './support/site-page.ts'
import { cutAt, dripAt } from './support/tampers.ts'
import { layWire, type Wire } from './support/wire.ts'

// Every test here also fails when an exception or an unhandled rejection reaches the page: see `calm`.

type Parts = {
  readonly wire: Wire
  readonly paths: ReleasePaths
  readonly open: (options?: SiteOptions) => Promise<void>
}

/** A page whose edge and engine files come by a wire that a test may cut. */
const test = base.extend<Parts & { readonly site: OpenSite }>({
  site: async ({ demo }, use) => use(demo),
  paths: async ({ site }, use) => use(await readReleasePaths(site)),
  wire: async ({ site }, use) => {
    const wire = await layWire(site.url)
    await use(wire)
    await wire.close()
  },
  open: async ({ page, site, wire }, use) =>
    use((options) => openSitePage(page, site, { edge: wire.url, assets: `${wire.url}/`, ...options })),
})

const ITEMS = 1_500
const FIRST_SLICE = 350

const status = (page: Page) => page.evaluate(() => window.recommender.status())
const cards = (page: Page) => page.locator('pocket-shelf').getByRole('listitem')
const asked = (wire: Wire, from = 0) => wire.sent.slice(from).map(({ path }) => path)

/** The network is back, and the browser says so. */
async function mend(page: Page, wire: Wire): Promise<void> {
  wire.tamper = undefined
  wire.isCut = false
  await page.context().setOffline(true)
  await page.context().setOffline(false)
}

async function expectFallback(page: Page, code: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.recErrors)).toContain(code)
  await expect(page.getByRole('link', { name: 'Our bestsellers' })).toBeVisible()
  await expect(cards(page)).toHaveCount(0)
}

/** Everything has come that a device of this tier keeps. */
const settled = (page: Page, items = ITEMS) => expect.poll(async () => (await status(page)).residentItems).toBe(items)

/** The download goes on where it stopped: nothing that is stored is asked for again, and everything comes. */
async function expectResumed(page: Page, wire: Wire, items = ITEMS): Promise<void> {
  const stored = await readStoredObjects(page)
  expect(stored.filter(({ isWhole }) => !isWhole)).toEqual([])
  const before = wire.sent.length
  await mend(page, wire)
  await expect(cards(page)).toHaveCount(10)
  await settled(page, items)
  await expect.poll(async () => (await status(page)).lastError).toBeNull()
  const again = asked(wire, before).filter((path) => stored.some(({ hash }) => path.endsWith(hash)))
  expect(again).toEqual([])
}

const BEFORE_THE_FIRST_LIST: readonly ObjectKind[] = [
  'pointer',
  'manifest',
  'shard table',
  'dictionaries',
  'Gramian',
  'trees',
  'head vectors',
  'head voters',
  'head columns',
  'head cards',
]
const AFTER_THE_FIRST_LIST: readonly ObjectKind[] = ['next vectors', 'next voters', 'next columns', 'next cards']

test.describe('a network that is cut at a first visit', () => {
  for (const kind of BEFORE_THE_FIRST_LIST) {
    test(`at the ${kind} leaves the fallback, and the list comes when it is back`, async ({
      page,
      wire,
      paths,
      open,
    }) => {
      cutAt(wire, paths[kind])
      await open()
      await expectFallback(page, 'edge-unreachable')
      await expectResumed(page, wire)
    })
  }

  test('at the worker leaves the fallback, and the list comes when it is back', async ({ page, wire, open }) => {
    cutAt(wire, '/pocketshelf-worker.js')
    await open()
    await expectFallback(page, 'engine-unavailable')
    await expectResumed(page, wire)
  })

  for (const kind of AFTER_THE_FIRST_LIST) {
    test(`at the ${kind} leaves the list of what is there, and the rest comes when it is back`, async ({
      page,
      wire,
      paths,
      open,
    }) => {
      cutAt(wire, paths[kind])
      await open()
      await expect(cards(page)).toHaveCount(10)
      await expect.poll(async () => (await status(page)).lastError?.code).toBe('edge-unreachable')
      expect((await status(page)).residentItems).toBe(FIRST_SLICE)
      await expectResumed(page, wire)
    })
  }

  test('at the kernel leaves the scan in JavaScript, and the kernel serves when it is back', async ({
    page,
    wire,
    open,
  }) => {
    cutAt(wire, '/pocketshelf-scan.wasm')
    await open()
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('engine-unavailable')
    await settled(page)
    expect(await status(page)).toMatchObject({ residentItems: ITEMS, retrievers: ['scan-js'] })
    await expect(cards(page)).toHaveCount(10)
    await expectResumed(page, wire)
    expect((await status(page)).retrievers).toEqual(['scan'])
  })

  test('at the ONNX model leaves the trees, and ONNX ranks when it is back', async ({ page, wire, paths, open }) => {
    cutAt(wire, paths['ONNX model'])
    await open({ ranker: 'onnx' })
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('edge-unreachable')
    await settled(page)
    expect(await status(page)).toMatchObject({ residentItems: ITEMS, ranker: 'trees' })
    await expectResumed(page, wire)
    await expect.poll(async () => (await status(page)).ranker, ENGINES).toBe('onnx')
  })
})

test.describe('a network that is cut at a first visit to a large catalogue', () => {
  test.use({ site: ({ large }, use) => use(large) })

  test('at the graph leaves the scan, and the graph serves when it is back', async ({ page, wire, paths, open }) => {
    cutAt(wire, paths.graph)
    await open()
    await expect.poll(async () => (await status(page)).lastError?.code, ENGINES).toBe('edge-unreachable')
    await settled(page, 40_000)
    expect(await status(page)).toMatchObject({ residentItems: 40_000, retrievers: ['scan'] })
    await expectResumed(page, wire, 40_000)
    await expect.poll(async () => (await status(page)).retrievers, ENGINES).toContain('hnsw')
  })
})

test.describe('an edge that drips, a byte at a time,', () => {
  /** Deadlines of the worker pass twenty times as fast; the drip never ends by itself. */
  const hurry = (page: Page) =>
    inWorker(page, 'const wait = setTimeout; setTimeout = (run, ms = 0, ...rest) => wait(run, ms / 20, ...rest);')

  for (const kind of ['pointer', 'manifest'] as const) {
    test(`the ${kind} leaves the fallback and gives edge-unreachable`, async ({ page, wire, paths, open }) => {
      await hurry(page)
      dripAt(wire, paths[kind])
      await open()
      await expectFallback(page, 'edge-unreachable')
      await expectResumed(page, wire)
    })
  }

  test('the first cell is given up, and the list comes from the one after it', async ({ page, wire, paths, open }) => {
    await hurry(page)
    dripAt(wire, paths['head vectors'])
    await open()
    await expect(cards(page)).toHaveCount(10)
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('edge-unreachable')
    expect((await status(page)).residentItems).toBe(ITEMS - FIRST_SLICE)
    await expectResumed(page, wire)
  })

  test('a later cell is given up, and lists come from what is there meanwhile', async ({ page, wire, paths, open }) => {
    await hurry(page)
    dripAt(wire, paths['next columns'])
    await open({ deadlineMs: 1_000 })
    await expect(cards(page)).toHaveCount(10)
    for (let call = 0; call < 5; call++) {
      const list = await page.evaluate(() => window.recommender.recommend({ scene: 'trending', count: 10 }))
      expect(list.items).toHaveLength(10)
    }
    expect(await status(page)).toMatchObject({ residentItems: FIRST_SLICE, lastError: null })
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('edge-unreachable')
    await expectResumed(page, wire)
  })

  test('the kernel is given up, and the scan in JavaScript serves', async ({ page, wire, open }) => {
    await hurry(page)
    dripAt(wire, '/pocketshelf-scan.wasm')
    await open()
    await expect.poll(async () => (await status(page)).lastError?.code).toBe('engine-unavailable')
    await settled(page)
    expect(await status(page)).toMatchObject({ retrievers: ['scan-js'], residentItems: ITEMS })
  })
})

test.describe('a release that is replaced and collected while a first visit reads it', () => {
  for (const kind of ['manifest', 'shard table', 'next cards'] as const) {
    test(`is left for the one after it when the ${kind} is gone`, async ({ page, wire, paths, site, open }) => {
      const pointer = await livePointer(site)
      const next = await forgeManifest(site, pointer, { release: 'next' })
      const newer = await resign(site, pointer, { manifest: next.hash, sequence: pointer.sequence + 1 })
      let isReplaced = false
      wire.tamper = (path, answer) => {
        const { etag: _tag, ...headers } = answer.headers
        const found = { headers, status: 200 }
        if (path.endsWith(next.hash)) return { ...found, body: next.body }
        if (path === paths.pointer && isReplaced) return { ...found, body: Buffer.from(JSON.stringify(newer)) }
        if (path !== paths[kind] || isReplaced) return answer
        isReplaced = true
        return { status: 404, headers: { 'access-control-allow-origin': '*' }, body: Buffer.from('') }
      }
      await open()
      await expect.poll(async () => (await status(page)).release).toBe('next')
      await expect(cards(page)).toHaveCount(10)
      await settled(page)
      expect(await status(page)).toMatchObject({ residentItems: ITEMS, lastError: null, sequence: newer.sequence })
      const list = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 50 }))
      expect([list.release, list.items.length]).toEqual(['next', 50])
    })
  }
})

test.describe('a worker that is killed', () => {
  /** Lets a test kill the worker from outside, once. */
  const armed = (page: Page) =>
    page.addInitScript(() => {
      const Real = window.Worker
      window.Worker = class extends Real {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options)
          addEventListener('kill-worker', () => this.terminate(), { once: true })
        }
      }
    })
  const kill = (page: Page) => page.evaluate(() => dispatchEvent(new Event('kill-worker')))

  /** Kills the worker when it waits for this path for the first time, and its download with it: whole, it would be in the browser's cache. */
  async function killAt(page: Page, wire: Wire, path: string): Promise<void> {
    await armed(page)
    wire.tamper = async (asked, answer) => {
      if (!asked.endsWith(path)) return answer
      wire.tamper = undefined
      await kill(page)
      return null
    }
  }

  for (const kind of ['pointer', 'manifest', 'head cards'] as const) {
    test(`while it waits for the ${kind} is followed by another, and the list comes at once`, async ({
      page,
      wire,
      paths,
      open,
    }) => {
      await killAt(page, wire, paths[kind])
      await open()
      await expect(cards(page)).toHaveCount(10, { timeout: 5_000 })
      expect(asked(wire).lastIndexOf(paths[kind])).toBeGreaterThan(asked(wire).indexOf(paths[kind])) // asked for again
      expect(await page.evaluate(() => window.recErrors)).toEqual([])
    })
  }

  test('in the middle of a download goes on with the next call, from what is stored', async ({
    page,
    wire,
    paths,
    open,
  }) => {
    await killAt(page, wire, paths['next cards'])
    await open()
    await expect(cards(page)).toHaveCount(10)
    await expect.poll(() => wire.tamper).toBeUndefined()
    await expectResumed(page, wire)
  })

  test('in the middle of a call settles it at once with worker-died, and no event is lost', async ({ page, open }) => {
    await armed(page)
    await open()
    await settled(page)
    const { codes, waitedMs } = await page.evaluate(async () => {
      const [item] = (await window.recommender.recommend({ scene: 'trending', count: 1 })).items
      const at = performance.now()
      const calls = [
        window.recommender.recommend({ scene: 'for-you', count: 100 }),
        window.recommender.track({ type: 'click', item: item?.id ?? '' }),
      ]
      dispatchEvent(new Event('kill-worker'))
      const ends = await Promise.allSettled(calls)
      const codes = ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'answered'))
      return { codes, waitedMs: performance.now() - at }
    })
    expect(codes).toEqual(['worker-died', 'worker-died'])
    expect(waitedMs).toBeLessThan(2_000) // deadlines are 10 s
    await settled(page)
    await page.reload()
    await expect.poll(async () => (await status(page)).historyItems).toBe(1)
  })
})

test('two tabs that open at once fetch each later object once between them', async ({
  page,
  context,
  wire,
  open,
  site,
}) => {
  const other = await context.newPage()
  await Promise.all([open(), openSitePage(other, site, { edge: wire.url, assets: `${wire.url}/` })])
  for (const tab of [page, other]) await settled(tab)
  const {
    'next vectors': vectors,
    'next voters': voters,
    'next columns': columns,
    'next cards': texts,
  } = await readReleasePaths(site)
  const later = [vectors, voters, columns, texts]
  expect(
    asked(wire)
      .filter((path) => later.includes(path))
      .sort(),
  ).toEqual(later.sort())
})
