import type { Browser, Request } from 'playwright'
import type { BenchBrowser, BenchContext, BenchPage } from '../harness/browsers.ts'
import { percentile, rounded } from '../harness/percentiles.ts'
import { allResident, readMarks, workerAnswers } from './in-page.ts'

/** What an empty device waits and downloads. Bytes are bodies as they came over the wire; the page itself and headers are apart. */
export type ColdStart = {
  readonly bytesToFirstList: number
  readonly bytesToFirstPersonalList: number
  readonly firstListMs: number
  readonly firstPersonalListMs: number
  readonly requestsToFirstPersonalList: number
  readonly headerBytes: number
  /** Bodies before the first personal list: files by name, objects by what they are, the channel as `main`. */
  readonly files: Readonly<Record<string, number>>
}

/** A slow phone line: 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 }

const WARM_STARTS = 10

type Arrival = { readonly path: string; readonly at: number; readonly bodyBytes: number; readonly headerBytes: number }

/**
 * Opens the page with nothing kept, over a slow line, and clicks when the first list is there.
 * @param objectNames - What a release's objects are, by hash.
 */
export async function measureColdStart(
  browser: Browser,
  url: string,
  objectNames: ReadonlyMap<string, string>,
): Promise<ColdStart> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', SLOW)
    const arrivals: Promise<Arrival>[] = []
    page.on('requestfinished', (request) => arrivals.push(weigh(request)))
    await page.goto(`${url}/first-click.html`)
    const { origin, marks } = await page.evaluate(readMarks, ['first-list', 'first-personal-list'])
    await page.evaluate(allResident)
    const all = (await Promise.all(arrivals)).filter(({ path }) => !path.endsWith('.html') && path !== '')
    const before = (name: string) => all.filter(({ at }) => at <= origin + (marks[name] ?? 0))
    const personal = before('first-personal-list')
    return {
      bytesToFirstList: sumOf(before('first-list')),
      bytesToFirstPersonalList: sumOf(personal),
      firstListMs: Math.round(marks['first-list'] ?? Number.NaN),
      firstPersonalListMs: Math.round(marks['first-personal-list'] ?? Number.NaN),
      requestsToFirstPersonalList: personal.length,
      headerBytes: personal.reduce((sum, { headerBytes }) => sum + headerBytes, 0),
      files: Object.fromEntries(personal.map(({ path, bodyBytes }) => [objectNames.get(path) ?? path, bodyBytes])),
    }
  } finally {
    await context.close()
  }
}

async function weigh(request: Request): Promise<Arrival> {
  const { responseBodySize, responseHeadersSize } = await request.sizes()
  const { startTime, responseEnd } = request.timing()
  const { pathname } = new URL(request.url())
  const path = request.url().startsWith('http') ? (pathname.split('/').at(-1) ?? '') : ''
  return {
    path,
    at: startTime + responseEnd,
    bodyBytes: responseBodySize,
    headerBytes: responseHeadersSize,
  }
}

function sumOf(arrivals: readonly Arrival[]): number {
  return arrivals.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
}

/** Medians from navigation, ms: the first list on the page, which the page before made for it, and the first that its own worker makes. */
export type LaterVisit = { readonly ms: number; readonly workerMs: number }

/** What a visitor who comes back waits; first with the network, then without (null where the browser cannot be cut off). */
export async function measureReturns(
  browser: BenchBrowser,
  url: string,
): Promise<{ warmStart: LaterVisit; offlineStart: LaterVisit | null }> {
  const context = await browser.newContext()
  try {
    await visit(context, `${url}/first-click.html`, async (page) => {
      await page.evaluate(readMarks, ['first-personal-list', 'engines-ready'])
      await page.evaluate(allResident)
    })
    const warmStart = await medianStart(context, `${url}/shelf.html`)
    if (context.goOffline === null) return { warmStart, offlineStart: null }
    for (
      let n = 0;
      n < 2;
      n++ // the second visit is the service worker's, and fills its cache
    )
      await visit(context, `${url}/offline.html`, async (page) => {
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
        await page.evaluate(readMarks, ['first-list', 'engines-ready'])
      })
    await context.goOffline()
    return { warmStart, offlineStart: await medianStart(context, `${url}/offline.html`) }
  } finally {
    await context.close()
  }
}

async function medianStart(context: BenchContext, url: string): Promise<LaterVisit> {
  const lists: number[] = []
  const workers: number[] = []
  for (let n = 0; n < WARM_STARTS; n++) {
    const { marks } = await visit(context, url, (page) => page.evaluate(readMarks, ['first-list']))
    lists.push(marks['first-list'] ?? Number.NaN)
    workers.push(await visit(context, url, (page) => page.evaluate(workerAnswers)))
  }
  return { ms: rounded(percentile(lists, 0.5)), workerMs: rounded(percentile(workers, 0.5)) }
}

async function visit<T>(context: BenchContext, url: string, use: (page: BenchPage) => Promise<T>): Promise<T> {
  const page = await context.newPage()
  try {
    await page.goto(url)
    return await use(page)
  } finally {
    await page.close()
  }
}
