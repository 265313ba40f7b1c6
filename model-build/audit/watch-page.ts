import type { BrowserContext, Page, Request } from 'playwright-core'
import { RecError } from '#contract/errors'
import { findBrowser, loadDriver } from './find-browser.ts'
import { BODY_CHARS, type Observation, type PageUse, type SentRequest, type StoredData } from './observation.ts'
import { readStorage, readUse } from './page-scripts.ts'

export type WatchOptions = {
  readonly url: string
  readonly browser: string | undefined
  /** How long the page is watched after it has loaded. Milliseconds. */
  readonly waitMs: number
  /** Cards that are clicked meanwhile, so that there is something to leak. */
  readonly clicks: number
  /** Says Global Privacy Control. */
  readonly gpc: boolean
  readonly signal: AbortSignal
}

/** Longest time a page may take to load. */
const LOAD_MS = 30_000

/**
 * Opens a page in a fresh browser profile, behaves like a short visit, and notes what was sent and stored.
 * @throws RecError `input-missing` without a browser or when the page does not answer.
 */
export async function watchPage(options: WatchOptions): Promise<Observation> {
  const { chromium } = await loadDriver()
  const browser = await chromium.launch({
    executablePath: findBrowser(options.browser),
    chromiumSandbox: process.getuid?.() !== 0,
  })
  const close = () => void browser.close()
  options.signal.addEventListener('abort', close, { once: true })
  try {
    const headers: Record<string, string> = options.gpc ? { 'sec-gpc': '1' } : {}
    const context = await browser.newContext({ extraHTTPHeaders: headers })
    if (options.gpc)
      await context.addInitScript(
        'Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true })',
      )
    return await visit(context, options)
  } finally {
    options.signal.removeEventListener('abort', close)
    await browser.close()
  }
}

async function visit(context: BrowserContext, options: WatchOptions): Promise<Observation> {
  const requests: Request[] = []
  const errors: string[] = []
  context.on('request', (request) => void requests.push(request))
  context.on('weberror', (event) => void errors.push(event.error().message))
  const page = await context.newPage()
  const start = performance.now()
  await page.goto(options.url, { waitUntil: 'load', timeout: LOAD_MS }).catch((cause: Error) => {
    throw new RecError('input-missing', `${options.url} did not open: ${cause.message.split('\n')[0]}`, {}, { cause })
  })
  const uses = [await readUse(page)]
  await beVisitor(page, options, uses)
  const storage = await storageOf(page)
  const cookies = await context.cookies()
  const sent = await Promise.all(requests.filter((request) => /^https?:/.test(request.url())).map(describe))
  return {
    url: page.url(),
    title: await page.title(),
    seconds: (performance.now() - start) / 1000,
    hasSignal: options.gpc,
    requests: sent,
    cookies: cookies.map(({ name, domain, value }) => ({ name, domain, value, bytes: name.length + value.length })),
    storage,
    use: joinUses(uses, sent),
    errors,
  }
}

/** Scrolls, clicks cards, waits: what a short visit does. */
async function beVisitor(page: Page, { waitMs, clicks }: WatchOptions, uses: PageUse[]): Promise<void> {
  const cards = page.locator('pocket-shelf [data-id] a, pocket-shelf [data-id][role=link]')
  await cards
    .first()
    .waitFor({ state: 'visible', timeout: waitMs })
    .catch(() => undefined)
  uses.push(await readUse(page))
  for (let index = 0; index < clicks; index++) {
    await cards
      .nth(index)
      .click({ timeout: 2_000 })
      .catch(() => undefined)
    await page.waitForTimeout(waitMs / (clicks + 1))
    uses.push(await readUse(page))
  }
  await page.mouse.wheel(0, 2_000)
  await page.waitForTimeout(waitMs / (clicks + 1))
  uses.push(await readUse(page))
}

/** Longest time to wait for an answer that is still on its way: beacons may never get one that the browser tells of. */
const ANSWER_MS = 1_000

function soon<T>(answer: Promise<T>): Promise<T | null> {
  const late = new Promise<null>((settle) => setTimeout(settle, ANSWER_MS, null))
  return Promise.race([answer.catch(() => null), late])
}

async function describe(request: Request): Promise<SentRequest> {
  const headers = (await soon(request.allHeaders())) ?? request.headers()
  const response = await soon(request.response())
  const sizes = response === null ? null : await soon(request.sizes())
  const body = request.postDataBuffer()
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.split('=')[0]?.trim() ?? '')
  return {
    method: request.method(),
    url: request.url(),
    kind: request.resourceType(),
    referrer: headers.referer ?? '',
    cookies: cookies.filter((name) => name !== ''),
    body: body === null ? '' : body.toString('utf8').slice(0, BODY_CHARS),
    bodyBytes: body?.byteLength ?? 0,
    status: response?.status() ?? 0,
    receivedBytes: sizes === null ? 0 : sizes.responseBodySize + sizes.responseHeadersSize,
  }
}

async function storageOf(page: Page): Promise<StoredData[]> {
  const frames = page.frames().filter((frame) => /^https?:/.test(frame.url()))
  const found = await Promise.all(frames.map((frame) => readStorage(frame).catch(() => null)))
  const byOrigin = new Map(found.flatMap((data) => (data === null ? [] : [[data.origin, data]])))
  return [...byOrigin.values()]
}

function joinUses(uses: readonly PageUse[], sent: readonly SentRequest[]): PageUse {
  const asked = sent.map(({ url }) => new URL(url)).filter(({ pathname }) => /^\/v1\/sites\//.test(pathname))
  const last = uses.at(-1)
  return {
    edges: [...new Set([...uses.flatMap(({ edges }) => edges), ...asked.map(({ origin }) => origin)])],
    isMemoryOnly: uses.some(({ isMemoryOnly }) => isMemoryOnly),
    consent: last?.consent ?? null,
    items: [...new Set(uses.flatMap(({ items }) => items))],
    shelves: Math.max(...uses.map(({ shelves }) => shelves)),
    cards: Math.max(...uses.map(({ cards }) => cards)),
  }
}
