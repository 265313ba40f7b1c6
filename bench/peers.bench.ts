/**
 * Vector search in a browser, libraries and ours, on the same vectors and queries: bytes, time to ready, memory, time and recall.
 *
 * --sizes 10000x64,50000x64,100000x64,10000x384
 * --peers all             or names of bench/peers/engines, separated by commas
 * --minutes 10            for one engine and size, building included
 * --browser chromium      or firefox, or webkit, which do not tell their memory (null)
 */
import { readOptions } from './harness/arguments.ts'
import { brotliBytes } from './harness/brotli.ts'
import { type BenchBrowser, type BenchContext, type BenchPage, openBrowser } from './harness/browsers.ts'
import { percentile, rounded, spreadOf } from './harness/percentiles.ts'
import { cacheDir, DIST } from './harness/places.ts'
import { type Bundle, bundleEngine, engineNames } from './peers/bundles.ts'
import { buildPeer, measurePeer, measureReady, placePeer } from './peers/in-page.ts'
import { type BenchServer, startServer } from './peers/server.ts'
import { drawVectors, exactNeighbours, recallAt, type VectorSet } from './peers/vectors.ts'
import type { Results } from './run.ts'

type Report = (line: string) => void
type Row = Readonly<Record<string, unknown>>

const QUERIES = 200

/** Pages that open an index, for the median time to ready: at least the first number, no more once the second is reached or they took as long as the third. */
const READY = [5, 25, 10_000] as const
/** The slowest hundredth of five rounds is ten answers, which one collection of garbage decides; slow engines are asked less often. */
const ROUNDS = [5, 20] as const
const ENOUGH_MS = 20_000
/** The kernel of the quickest engine is compiled for good after some thousand answers, which take it a quarter of a second. */
const WARM_MS = 1_000
const DEPTHS = [10, 50, 500] as const

/** Peers by name that this bench does not run, and why; their published figures are in the documents. */
const NOT_RUN: readonly Row[] = [
  {
    engine: 'client-vector-search',
    note: 'not run: its package brings a text-embedding runtime of 240 MB; its search is the plain loop of brute-force-js',
  },
]

export async function run(options: readonly string[], report: Report): Promise<Results> {
  const { sizes, peers, minutes, browser } = readOptions(options, {
    sizes: '10000x64,50000x64,100000x64,10000x384',
    peers: 'all',
    minutes: '10',
    browser: 'chromium',
  })
  const names = peers === 'all' ? await engineNames() : peers.split(',')
  const engines = cacheDir('engines')
  const server = await startServer({ '/engines/': engines, '/dist/': DIST })
  const rows: Row[] = []
  try {
    for (const size of sizes.split(',')) {
      const [items = 0, dim = 0] = size.split('x').map(Number)
      const set = drawVectors({ items, dim, queries: QUERIES })
      report(`${size}: exact neighbours`)
      const truth = exactNeighbours(set, Math.max(...DEPTHS))
      server.give('/data/rows', new Uint8Array(set.rows.buffer))
      server.give('/data/queries', new Uint8Array(set.queries.buffer))
      for (const name of names) {
        report(`${size}: ${name}`)
        const bundle = await bundleEngine(name, engines)
        rows.push(await runPeer(bundle, { browser, server, set, truth, limitMs: Number(minutes) * 60_000 }))
      }
    }
  } finally {
    await server.close()
  }
  return peers === 'all' ? [...rows, ...NOT_RUN] : rows
}

type PeerRun = {
  readonly browser: string
  readonly server: BenchServer
  readonly set: VectorSet
  readonly truth: readonly Uint32Array[]
  readonly limitMs: number
}

async function runPeer(bundle: Bundle, parts: PeerRun): Promise<Row> {
  const { dim, rows } = parts.set
  const { name: engine, version } = bundle
  parts.server.take('/store') // what an engine that did not finish left behind
  const common = { engine, version, items: rows.length / dim, dim }
  const browser = await openBrowser(parts.browser)
  const late = new Promise<null>((settle) => setTimeout(() => settle(null), parts.limitMs).unref())
  try {
    const measured = await Promise.race([measure(browser, bundle, parts), late])
    return { ...common, ...(measured ?? { note: `did not finish in ${parts.limitMs / 60_000} minutes` }) }
  } catch (thrown) {
    const [reason = ''] = String(thrown instanceof Error ? thrown.message : thrown).split('\n')
    return { ...common, note: `failed: ${reason}` }
  } finally {
    await browser.close()
  }
}

async function measure(
  browser: BenchBrowser,
  { name, codeBytes }: Bundle,
  { server, set, truth }: PeerRun,
): Promise<Row> {
  const { dim } = set
  const context = await browser.newContext()
  const open = () => openBlank(context, server.url)
  const builder = await open()
  const blankMb = await browser.memoryMb()
  const { tookMs: buildMs, ownStorage } = await builder.evaluate(buildPeer, { name, dim })
  await builder.close()
  const stored = server.take('/store')
  server.give('/data/stored', stored)
  const ready = await readyTimes(browser, server.url, { name, dim, ownStorage })
  const page = await open()
  const { note, settleMs, timesMs, found } = await page.evaluate(measurePeer, {
    name,
    dim,
    warmMs: WARM_MS,
    rounds: ROUNDS,
    enoughMs: ENOUGH_MS,
  })
  await page.collect()
  const memoryMb = await browser.memoryMb()
  const indexBytes = await brotliBytes(stored)
  const recall = (k: (typeof DEPTHS)[number]) => rounded(recallAt(k, found[k] ?? [], truth))
  return {
    bytesBrotli: codeBytes + indexBytes,
    codeBytes,
    indexBytes,
    readyMs: rounded(percentile(ready, 0.5)),
    settleMs: rounded(settleMs),
    memoryMb: memoryMb === null || blankMb === null ? null : rounded(memoryMb - blankMb),
    ...spreadOf(timesMs),
    recallAt10: recall(10),
    recallAt50: recall(50),
    recallAt500: recall(500),
    buildMs: Math.round(buildMs),
    ...(note ? { note } : {}),
  }
}

async function openBlank(context: BenchContext, url: string): Promise<BenchPage> {
  const page = await context.newPage()
  await page.goto(`${url}/blank.html`)
  return page
}

/** Milliseconds until an engine was ready, page by page; each has a context of its own, which leaves nothing in the renderer that is weighed. */
async function readyTimes(
  browser: BenchBrowser,
  url: string,
  { name, dim, ownStorage }: { readonly name: string; readonly dim: number; readonly ownStorage: boolean },
): Promise<number[]> {
  const [least, most, enoughMs] = READY
  const times: number[] = []
  const begun = performance.now()
  while (times.length < least || (times.length < most && performance.now() - begun < enoughMs)) {
    const context = await browser.newContext()
    if (ownStorage) {
      const before = await openBlank(context, url)
      await before.evaluate(placePeer, name)
      await before.close()
    }
    const page = await openBlank(context, url)
    times.push(await page.evaluate(measureReady, { name, dim }))
    await context.close()
  }
  return times
}
