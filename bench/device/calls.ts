import type { BenchBrowser } from '../harness/browsers.ts'
import { percentile, rounded, type Spread, spreadOf } from '../harness/percentiles.ts'
import { drawHistories } from './histories.ts'
import { allResident, measureClicks, measureRecommend, readMarks, type Sample } from './in-page.ts'

const STAGES = ['foldInMs', 'retrievalMs', 'featuresMs', 'rankingMs', 'rulesMs'] as const

/** Stages of the worker, and `aroundMs`: the rest of the way from the page's call to its promise. */
type StageName = (typeof STAGES)[number] | 'aroundMs'

export type RecommendResult = { readonly residentItems: number } & Spread & {
    readonly histories: number
    readonly stages: Readonly<Record<StageName, Spread>>
    readonly ranker: string
    readonly retriever: string
    /** Median. */
    readonly candidates: number
  }

export type CallResults = {
  readonly recommend: RecommendResult
  /** null where the browser does not tell. */
  readonly memoryMb: number | null
  readonly blankMemoryMb: number | null
}

/** Answers before the measured ones, so that the browser has compiled what it will. */
const WARM_UP = 100

const CLICKS = 100

export type CallPlan = {
  readonly ids: readonly string[]
  readonly histories: number
  /** The page that asks. */
  readonly page?: 'calls.html' | 'calls-onnx.html'
}

/** Measures answers to distinct histories with every cell resident and every engine loaded, and the memory that takes. */
export async function measureCalls(
  browser: BenchBrowser,
  url: string,
  { ids, histories, page: name = 'calls.html' }: CallPlan,
): Promise<CallResults> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${url}/blank.html`)
    const blankMemoryMb = await browser.memoryMb()
    await page.goto(`${url}/${name}`)
    await page.evaluate(() => window.pocketshelf.status()) // starts the worker
    const residentItems = await page.evaluate(allResident)
    await page.evaluate(readMarks, ['engines-ready'])
    const drawn = drawHistories(ids, WARM_UP + histories, 1)
    await page.evaluate(measureRecommend, drawn.slice(0, WARM_UP))
    const samples = await page.evaluate(measureRecommend, drawn.slice(WARM_UP))
    const memoryMb = await browser.memoryMb()
    return { recommend: summarise(samples, residentItems), memoryMb, blankMemoryMb }
  } finally {
    await context.close()
  }
}

/** Puts samples of one size together. */
export function summarise(samples: readonly Sample[], residentItems: number): RecommendResult {
  const stage = (name: StageName): Spread =>
    spreadOf(samples.map(({ totalMs, timings }) => (name === 'aroundMs' ? totalMs - timings.totalMs : timings[name])))
  const names = (pick: (sample: Sample) => string): string => [...new Set(samples.map(pick))].join('+')
  return {
    residentItems,
    ...spreadOf(samples.map(({ totalMs }) => totalMs)),
    histories: samples.length,
    stages: Object.fromEntries([...STAGES, 'aroundMs' as const].map((name) => [name, stage(name)])) as Readonly<
      Record<StageName, Spread>
    >, // every name is there
    ranker: names(({ ranker }) => ranker),
    retriever: names(({ retriever }) => retriever.join('+')),
    candidates: percentile(
      samples.map(({ candidates }) => candidates),
      0.5,
    ),
  }
}

/** p95 from a click to the painted list that takes it into account, engines loaded. */
export async function measureClickToList(
  browser: BenchBrowser,
  url: string,
  ids: readonly string[],
): Promise<{ p95Ms: number; p50Ms: number; clicks: number }> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${url}/shelf.html`)
    await page.evaluate(allResident)
    await page.evaluate(readMarks, ['engines-ready'])
    const items = drawHistories(ids, CLICKS + 10, 2).map(([first = '']) => first)
    await page.evaluate(measureClicks, items.slice(0, 10))
    const times = await page.evaluate(measureClicks, items.slice(10))
    return { p95Ms: rounded(percentile(times, 0.95)), p50Ms: rounded(percentile(times, 0.5)), clicks: times.length }
  } finally {
    await context.close()
  }
}
