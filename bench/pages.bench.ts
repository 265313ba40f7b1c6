/**
 * What the pages weigh and score: brotli bytes of the built files, and Lighthouse on each page of the demo shop.
 *
 * --write yes         rewrites the tables of docs/pages.md
 * --screenshots DIR   also photographs the shop: light and dark, phone and desktop
 * --lighthouse no     sizes and photographs only
 * --runs 3            loads of each page; the one of the middle performance counts
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { BUILT_FILES } from '#contract/rpc'
import { numberList, readOptions } from './harness/arguments.ts'
import { brotliBytes } from './harness/brotli.ts'
import { launchChromium } from './harness/chromium.ts'
import { DIST, ROOT } from './harness/places.ts'
import { type DemoShop, openDemoShop } from './pages/demo-shop.ts'
import { type PageScores, scorePage } from './pages/lighthouse.ts'
import { takeScreenshots } from './pages/screenshots.ts'
import type { Results } from './run.ts'

/** What every score of every page is held to. */
const GOAL = 95

const FILES = ['pocketshelf.js', 'pocketshelf.mjs', ...Object.values(BUILT_FILES)]

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const defaults = { write: 'no', screenshots: '', lighthouse: 'yes', runs: '3' }
  const { write, screenshots, lighthouse, runs } = readOptions(options, defaults)
  const [times = 1] = numberList(runs)
  const sizes = await Promise.all(
    FILES.map(async (file) => ({ file, brotliBytes: await brotliBytes(readFileSync(join(DIST, file))) })),
  )
  const shop = await openDemoShop(report)
  try {
    if (screenshots !== '') await photograph(shop, screenshots)
    const scores = lighthouse === 'yes' ? await scoreAll(shop, times, report) : []
    if (write === 'yes') rewrite(sizes, scores, times)
    return { sizes, scores }
  } finally {
    await shop.stop()
  }
}

async function photograph(shop: DemoShop, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const browser = await launchChromium()
  await takeScreenshots(browser, shop, dir)
  await browser.close()
}

async function scoreAll(shop: DemoShop, times: number, report: (line: string) => void): Promise<readonly PageScores[]> {
  const item = `/item/${encodeURIComponent(shop.item)}`
  const category = `/category/${encodeURIComponent(shop.category)}`
  const pages = ['/', '/browse', category, '/search?q=the', item, '/lists', '/cart', '/you']
  const scores: PageScores[] = []
  for (const form of ['phone', 'desktop'] as const) {
    for (const page of form === 'phone' ? pages : ['/', item]) {
      scores.push(await scoreMiddle(`${shop.url}${page}`, { page, form, times }))
      report(JSON.stringify(scores.at(-1)))
    }
  }
  const low = scores.filter((one) => Math.min(one.performance, one.accessibility, one.bestPractices) < GOAL)
  report(
    low.length === 0 ? `every page has ${GOAL} or more` : `below ${GOAL}: ${low.map(({ page }) => page).join(', ')}`,
  )
  return scores
}

type Load = Pick<PageScores, 'page' | 'form'> & { readonly times: number }

/** A busy machine lengthens the tasks of some loads: of several the one with the middle performance counts. */
async function scoreMiddle(url: string, { page, form, times }: Load): Promise<PageScores> {
  const loads: PageScores[] = []
  while (loads.length < times) loads.push(await scorePage(url, page, form))
  const [middle] = loads.toSorted((a, b) => a.performance - b.performance).slice(Math.floor(times / 2))
  if (middle === undefined) throw new TypeError('--runs must be 1 or more')
  return middle
}

type Size = { readonly file: string; readonly brotliBytes: number }

/** Puts the numbers between the marks of docs/pages.md. */
function rewrite(sizes: readonly Size[], scores: readonly PageScores[], times: number): void {
  const file = join(ROOT, 'docs', 'pages.md')
  const rows = sizes.map((size) => `| \`${size.file}\` | ${(size.brotliBytes / 1_000).toFixed(1)} |`)
  const pages = scores.map((page) => {
    const numbers = [page.performance, page.accessibility, page.bestPractices, page.lcpMs, page.cls]
    return `| \`${page.page}\` | ${page.form} | ${numbers.join(' | ')} |`
  })
  let text = readFileSync(file, 'utf8')
  text = between(text, 'sizes', ['| file | kB, brotli |', '|---|---:|', ...rows])
  const head = '| page | form | performance | accessibility | best practices | largest paint, ms | layout shift |'
  const busy = `Middle of ${times} loads each; load average of the machine ${loadavg()[2]?.toFixed(1)} on ${availableParallelism()} cores.`
  const table = [head, '|---|---|---:|---:|---:|---:|---:|', ...pages]
  if (scores.length > 0) text = between(text, 'scores', [busy, '', ...table])
  writeFileSync(file, text)
}

function between(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before = '', rest = ''] = text.split(begin)
  return `${before}${begin}\n${lines.join('\n')}\n${end}${rest.split(end)[1] ?? ''}`
}
