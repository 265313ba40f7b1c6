import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import type { EngineStatus, RecommendReply } from 'pocketshelf'
import { expect, test } from './support/fixtures.ts'
import { serveHost } from './support/host-page.ts'
import { inWorker } from './support/in-worker.ts'
import type { OpenSite } from './support/open-site.ts'
import { openSitePage, type SiteOptions } from './support/site-page.ts'

// Every test here also fails when an exception or an unhandled rejection reaches the page: see `calm`.

const ITEMS = 1_500
const NOW = Date.UTC(2026, 6, 1, 12)

const status = (page: Page) => page.evaluate(() => window.recommender.status())

/** A personal list, made of the same three clicks at the same time on every device. */
async function personalList(page: Page): Promise<RecommendReply> {
  await expect.poll(async () => (await status(page)).residentItems).toBe(ITEMS)
  return page.evaluate(async (now) => {
    const request = { count: 20, rules: null, now, tzOffsetMin: 0 } as const
    const { items } = await window.recommender.recommend({ ...request, scene: 'trending' })
    const clicks = [2, 5, 11].map((place) => items[place]?.id ?? '')
    await window.recommender.track(clicks.map((item, i) => ({ type: 'click', item, at: now - 10_000 + i })))
    return window.recommender.recommend({ ...request, scene: 'for-you' })
  }, NOW)
}

const ranks = ({ items }: RecommendReply) => items.map(({ id, score }) => [id, score] as const)

/** What the whole engine answers, asked for once. */
let whole: Promise<ReturnType<typeof ranks>> | undefined
async function expectSameList(page: Page, site: OpenSite, browser = page.context().browser()): Promise<void> {
  whole ??= (async () => {
    const other = await browser?.newPage()
    if (other === undefined) throw new Error('no browser')
    await openSitePage(other, site)
    await expect.poll(async () => (await status(other)).retrievers).toEqual(['scan']) // JavaScript scans until the kernel is there
    const list = await personalList(other)
    expect(list).toMatchObject({ personal: true, ranker: 'trees', retriever: ['scan'] })
    await other.close()
    return ranks(list)
  })()
  const list = await personalList(page)
  expect(list.personal).toBe(true)
  expect(list.items).toHaveLength(20)
  expect(ranks(list)).toEqual(await whole)
}

type Level = {
  readonly without: string
  /** Runs in the worker before its script. */
  readonly lines?: string
  readonly options?: SiteOptions
  readonly prepare?: (page: Page) => Promise<unknown>
  readonly status: Partial<Omit<EngineStatus, 'lastError'>>
  readonly code: string | null
}

const absent = (...names: readonly string[]) =>
  names.map((name) => `Object.defineProperty(globalThis, '${name}', { value: undefined });`).join('')
/** Memory of a renderer with page, engine and all, bytes. */
const ROOM = 200 * 2 ** 20

/** The limit counts the stacks of new threads, 8 MB each, of which next to nothing is memory. */
const STACKS = 6 * 8 * 2 ** 20

/** A line of what the system says of a process's memory, bytes. */
function readMemory(pid: number, field: 'VmData' | 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1_024
}

const NO_WORKER = () => Object.defineProperty(window, 'Worker', { value: undefined })

const LEVELS: readonly Level[] = [
  {
    without: 'a Worker',
    prepare: (page) => page.addInitScript(NO_WORKER),
    status: { tier: 'saver', retrievers: ['scan'], storage: 'persistent' },
    code: null,
  },
  {
    without: 'SIMD in WebAssembly',
    lines: `WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('invalid opcode'));`,
    status: { retrievers: ['scan-js'], ranker: 'trees' },
    code: 'engine-unavailable',
  },
  {
    without: 'WebAssembly',
    lines: absent('WebAssembly'),
    status: { retrievers: ['scan-js'], ranker: 'trees' },
    code: 'engine-unavailable',
  },
  {
    without: 'memory for WebAssembly',
    lines: `WebAssembly.Memory.prototype.grow = () => { throw new RangeError('out of memory') };`,
    status: { retrievers: ['scan-js'], ranker: 'trees' },
    code: 'engine-unavailable',
  },
  {
    without: 'ONNX Runtime that the page asks for',
    options: { ranker: 'onnx' },
    prepare: (page) => page.route(/pocketshelf-ort/, (route) => route.abort()),
    status: { retrievers: ['scan'], ranker: 'trees' },
    code: 'engine-unavailable',
  },
  {
    without: 'IndexedDB',
    lines: absent('indexedDB'),
    status: { retrievers: ['scan'], storage: 'memory' },
    code: 'storage-refused',
  },
  {
    without: 'more than a quarter of a gigabyte of memory',
    lines: `Object.defineProperty(navigator, 'deviceMemory', { value: 0.25 });`,
    status: { tier: 'saver', retrievers: ['scan'] },
    code: null,
  },
  {
    without: 'a connection that costs nothing',
    prepare: (page) =>
      page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { type: 'cellular' } })),
    status: { tier: 'saver', retrievers: ['scan'] },
    code: null,
  },
  {
    without: 'locks, channels and compression',
    lines: `${absent('BroadcastChannel', 'CompressionStream', 'DecompressionStream')}
      Object.defineProperty(navigator, 'locks', { value: undefined });`,
    status: { retrievers: ['scan'], storage: 'persistent' },
    code: null,
  },
  {
    without: 'a Worker, WebAssembly and IndexedDB',
    prepare: (page) =>
      page.addInitScript(() => {
        for (const name of ['Worker', 'WebAssembly', 'indexedDB'])
          Object.defineProperty(window, name, { value: undefined })
      }),
    status: { tier: 'saver', retrievers: ['scan-js'], storage: 'memory' },
    code: 'engine-unavailable',
  },
]

test.describe('a browser without', () => {
  for (const { without, lines, options, prepare, status: expected, code } of LEVELS) {
    test(`${without} gives the same list`, async ({ page, demo }) => {
      await prepare?.(page)
      if (lines !== undefined) await inWorker(page, lines)
      await openSitePage(page, demo, options)
      await expectSameList(page, demo)
      await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(10)
      if (code !== null) await expect.poll(async () => (await status(page)).lastError?.code).toBe(code)
      expect(await status(page)).toMatchObject({ ...expected, ...(code === null ? { lastError: null } : {}) })
    })
  }
})

test('a process of 200 MB gives the same list', async ({ playwright, browser, demo }, info) => {
  const small = await playwright.chromium.launch(info.project.use.launchOptions) // the limit stays with its processes
  const page = await small.newPage()
  await page.goto(`${demo.url}/config.json`)
  const cdp = await small.newBrowserCDPSession()
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  const resident = () => renderers.map((id) => readMemory(id, 'VmRSS'))
  const before = resident()
  for (const [i, id] of renderers.entries()) {
    const bytes = readMemory(id, 'VmData') + ROOM - (before[i] ?? 0) + STACKS
    execFileSync('prlimit', ['--pid', `${id}`, `--data=${bytes}`])
  }
  await openSitePage(page, demo, { tier: 'desktop' })
  await expectSameList(page, demo, browser)
  await expect.poll(() => status(page)).toMatchObject({ tier: 'desktop', retrievers: ['scan'], lastError: null })
  const grown = resident().map((bytes, i) => bytes - (before[i] ?? 0))
  expect(Math.max(...grown), 'the page lives in one of them').toBeGreaterThan(20 * 2 ** 20)
  expect(Math.max(...renderers.map((id) => readMemory(id, 'VmHWM'))), 'at any time').toBeLessThan(ROOM)
  await small.close()
})

test('a device without memory for the whole catalogue serves the part that fits, most popular first', async ({
  page,
  demo,
}) => {
  await inWorker(
    page,
    `WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('no memory'));
     globalThis.Int8Array = class extends Int8Array {
       constructor(first, ...rest) {
         if (first > 40_000) throw new RangeError('Array buffer allocation failed')
         super(first, ...rest)
       }
     };`,
  )
  await openSitePage(page, demo)
  await expect.poll(async () => (await status(page)).lastError?.code).toBe('engine-unavailable')
  await expect.poll(async () => (await status(page)).residentCells).toBe(1)
  const list = await page.evaluate(() => window.recommender.recommend({ scene: 'for-you', count: 20 }))
  expect(list.items).toHaveLength(20)
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(10)
})

test('a page whose policy refuses workers runs the engine itself, and is told so', async ({ page, small }) => {
  const { url, prepared } = small
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-notes' ${url} 'wasm-unsafe-eval'`,
    `connect-src ${url}`,
    "require-trusted-types-for 'script'",
    'trusted-types pocketshelf',
  ].join('; ')
  const script = `<script async crossorigin src="${url}/pocketshelf.js" data-edge="${url}" data-site="demo" data-keys="${prepared.publicKey}"></script>`
  const shelf = '<pocket-shelf scene="for-you" count="8"><a href="/bestsellers">Our bestsellers</a></pocket-shelf>'
  const host = await serveHost(shelf + script, { headers: { 'content-security-policy': policy } })
  await page.goto(host.url)
  await expect(page.locator('pocket-shelf').getByRole('listitem')).toHaveCount(8)
  const found = await page.evaluate(() =>
    (window as object as { pocketshelf: typeof window.recommender }).pocketshelf.status(),
  )
  expect(found).toMatchObject({ tier: 'saver', storage: 'persistent', lastError: null })
  host.close()
})
