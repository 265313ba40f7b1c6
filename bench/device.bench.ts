/**
 * What a device does, in a browser over a real edge and the built files: `recommend()` by stage, starts, memory, bytes.
 *
 * --items 10000,100000   catalogue sizes; starts, clicks, memory and bytes are those of the largest
 * --histories 1000       distinct histories per size
 * --browser chromium     or firefox, or webkit; what they cannot do is null: a slow line, memory, in webkit a visit without a network
 *
 * `withOnnx` repeats the largest size with ONNX Runtime asked for, in place of the trees in the kernel.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measureCalls, measureClickToList, type RecommendResult } from './device/calls.ts'
import { writePages } from './device/pages.ts'
import { measureColdStart, measureReturns } from './device/starts.ts'
import { nameFirstObjects, weighRelease } from './device/wire-bytes.ts'
import { numberList, readOptions } from './harness/arguments.ts'
import { openBrowser } from './harness/browsers.ts'
import { startEdge } from './harness/edge.ts'
import { DIST } from './harness/places.ts'
import { type BenchRelease, openRelease } from './harness/releases.ts'
import type { Results } from './run.ts'

type Report = (line: string) => void

export async function run(options: readonly string[], report: Report): Promise<Results> {
  const given = { items: '10000,100000', histories: '1000', browser: 'chromium' }
  const { items, histories, browser } = readOptions(options, given)
  if (!existsSync(join(DIST, 'pocketshelf.js'))) throw new Error('dist/ is not built: npm run -s build')
  const sizes = numberList(items).sort((a, b) => a - b)
  const recommend: RecommendResult[] = []
  let largest = {}
  for (const size of sizes) {
    const release = await openRelease(size, report)
    const isLargest = size === sizes.at(-1)
    const measured = await measureSize(release, { browser, histories: Number(histories), isLargest, report })
    recommend.push(measured.recommend)
    largest = measured.rest
  }
  return { recommend, ...largest }
}

type Plan = {
  readonly browser: string
  readonly histories: number
  readonly isLargest: boolean
  readonly report: Report
}

async function measureSize(release: BenchRelease, { browser: name, histories, isLargest, report }: Plan) {
  const edge = await startEdge(release.edgeDir, [await writePages(release), DIST])
  const browser = await openBrowser(name)
  try {
    report(`${release.items} items: ${histories} histories`)
    const calls = await measureCalls(browser, edge.url, { ids: release.itemIds, histories })
    if (!isLargest) return { recommend: calls.recommend, rest: {} }
    report(`${release.items} items ranked by ONNX Runtime`)
    const onnx = await measureCalls(browser, edge.url, { ids: release.itemIds, histories, page: 'calls-onnx.html' })
    report('click to list, starts, bytes')
    const clickToList = await measureClickToList(browser, edge.url, release.itemIds)
    const returns = await measureReturns(browser, edge.url)
    const names = await nameFirstObjects(release.releaseDir)
    const coldStart = browser.chromium && (await measureColdStart(browser.chromium, edge.url, names))
    const rest = {
      coldStart,
      ...returns,
      clickToList,
      memoryMb: calls.memoryMb,
      blankMemoryMb: calls.blankMemoryMb,
      bytesPerItem: await weighRelease(release.releaseDir),
      withOnnx: { ...onnx.recommend, memoryMb: onnx.memoryMb },
      browser: `${browser.name} ${browser.version}`,
    }
    return { recommend: calls.recommend, rest }
  } finally {
    await browser.close()
    await edge.stop()
  }
}
