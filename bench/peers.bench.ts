/**
 * Vector search in Chromium, libraries and ours, on the same vectors and queries: bytes, time to ready, memory, time and recall.
 *
 * --sizes 10000x64,50000x64,100000x64,10000x384
 * --peers all             or names of bench/peers/engines, separated by commas
 * --minutes 10            for one engine and size, building included
 */
import type { Browser } from 'playwright'
import { readOptions } from './harness/arguments.ts'
import { brotliBytes } from './harness/brotli.ts'
import { largestRendererMb, launchChromium } from './harness/chromium.ts'
import { percentile, rounded, spreadOf } from './harness/percentiles.ts'
import { cacheDir, DIST, ROOT } from './harness/places.ts'
import { type Bundle, bundleEngine, engineNames } from './peers/bundles.ts'
import { buildPeer, measurePeer, measureReady } from './peers/in-page.ts'
import { type BenchServer, startServer } from './peers/server.ts'
import { drawVectors, exactNeighbours, recallAt, type VectorSet } from './peers/vectors.ts'
import type { Results } from './run.ts'

type Report = (line: string) => void
type Row = Readonly<Record<string, unknown>>

const QUERIES = 200

/** Pages that open an index, for the median time to ready. */
const READY_PAGES = 5
/** The slowest hundredth of five rounds is ten answers, which one collection of garbage decides; slow engines are asked less often. */
const ROUNDS = [5, 20] as const
const ENOUGH_MS = 20_000
const DEPTHS = [10, 50, 500] as const

/** Peers by name that this bench does not run, and why; their published figures are in the documents. */
const NOT_RUN: readonly Row[] = [
  {
    engine: 'client-vector-search',
    note: 'not run: its package brings a text-embedding runtime of 240 MB; its search is the plain loop of brute-force-js',
  },
]

export async function run(options: readonly string[], report: Report): Promise<Results> {
  const { sizes, peers, minutes } = readOptions(options, {
    sizes: '10000x64,50000x64,100000x64,10000x384',
    peers: 'all',
    minutes: '10',
  })
  const names = peers === 'all' ? await engineNames() : peers.split(',')
  const engines = cacheDir('engines')
  const server = await startServer({ '/engines/': engines, '/dist/': DIST, '/scan/': `${ROOT}/worker/core/scan` })
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
        rows.push(await runPeer(bundle, { server, set, truth, limitMs: Number(minutes) * 60_000 }))
      }
    }
  } finally {
    await server.close()
  }
  return peers === 'all' ? [...rows, ...NOT_RUN] : rows
}

type PeerRun = {
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
  const browser = await launchChromium()
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

async function measure(browser: Browser, { name, codeBytes }: Bundle, { server, set, truth }: PeerRun): Promise<Row> {
  const { dim } = set
  const context = await browser.newContext()
  const open = async (within = context) => {
    const page = await within.newPage()
    await page.goto(`${server.url}/blank.html`)
    return page
  }
  const builder = await open()
  const blankMb = await largestRendererMb(browser)
  const buildMs = await builder.evaluate(buildPeer, { name, dim })
  await builder.close()
  const stored = server.take('/store')
  server.give('/data/stored', stored)
  const ready: number[] = []
  for (let n = 0; n < READY_PAGES; n++) {
    const own = await browser.newContext() // and so a renderer of its own, which leaves nothing in the one that is weighed
    ready.push(await (await open(own)).evaluate(measureReady, { name, dim }))
    await own.close()
  }
  const page = await open()
  const { note, settleMs, timesMs, found } = await page.evaluate(measurePeer, {
    name,
    dim,
    rounds: ROUNDS,
    enoughMs: ENOUGH_MS,
  })
  await page.requestGC()
  const memoryMb = await largestRendererMb(browser)
  const indexBytes = await brotliBytes(stored)
  const recall = (k: (typeof DEPTHS)[number]) => rounded(recallAt(k, found[k] ?? [], truth))
  return {
    bytesBrotli: codeBytes + indexBytes,
    codeBytes,
    indexBytes,
    readyMs: rounded(percentile(ready, 0.5)),
    settleMs: rounded(settleMs),
    memoryMb: rounded(memoryMb - blankMb),
    ...spreadOf(timesMs),
    recallAt10: recall(10),
    recallAt50: recall(50),
    recallAt500: recall(500),
    buildMs: Math.round(buildMs),
    ...(note === undefined ? {} : { note }),
  }
}
