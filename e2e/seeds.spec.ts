import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { build } from 'esbuild'
import { ROOT } from './support/command-line.ts'
import { expect, test } from './support/fixtures.ts'

type Seed = { readonly hi: number; readonly lo: number }

/** What the bundle of the project's own code puts into the global object. */
type Expand = (type: 'vec' | 'hist', seeds: readonly Seed[]) => number[][]

const BUNDLE = `
  import { expandSeed } from './feedback/sums.ts'
  globalThis.expandSeeds = (type, seeds) =>
    seeds.map((seed) => Array.from(expandSeed({ type, size: type === 'vec' ? 256 : 1024, epsilon: 2 }, seed)))`

test('this browser expands 500 seeds as Node does: cells exactly, normals to 1e-12', async ({ page }) => {
  const stdin = { contents: BUNDLE, resolveDir: join(ROOT, 'contract') }
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'iife', target: 'es2022' })
  const code = outputFiles[0]?.text ?? ''
  const here: Expand = runInThisContext(`${code}; expandSeeds`)
  await page.addScriptTag({ content: code })
  const there = (type: 'vec' | 'hist', seeds: readonly Seed[]) =>
    page.evaluate(([asked, all]) => (globalThis as object as { expandSeeds: Expand }).expandSeeds(asked, all), [
      type,
      seeds,
    ] as const)
  // A fixed walk through 32-bit words; the prime of histograms is just below 2^26.
  const vectors = Array.from({ length: 500 }, (_, i) => ({
    hi: Math.imul(i + 1, 0x9e3779b1) >>> 0,
    lo: Math.imul(i + 7, 0x85ebca6b) >>> 0,
  }))
  const cells = vectors.map(({ hi, lo }) => ({ hi: 1 + (hi % 67_108_858), lo: lo % 67_108_859 }))
  expect(await there('hist', cells)).toEqual(here('hist', cells))
  const [mine, theirs] = [here('vec', vectors), await there('vec', vectors)]
  const furthest = mine.map((row, i) => Math.max(...row.map((x, d) => Math.abs(x - (theirs[i]?.[d] ?? Number.NaN)))))
  expect(furthest).toHaveLength(500)
  expect(furthest.filter((distance) => !(distance <= 1e-12))).toEqual([])
})
