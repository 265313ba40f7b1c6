import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { HIST_PRIME } from '#contract/feedback/chance'
import type { Seed } from '#contract/feedback/seeds'
import { expandSeed } from '#contract/feedback/sums'

const CONTRACT = fileURLToPath(new URL('../../contract', import.meta.url))
const VEC = { type: 'vec', size: 256, epsilon: 2 } as const
const HIST = { type: 'hist', size: 1024, epsilon: 2 } as const

/** Answers what each seed of a request expands to. */
const WORKER = `
  import { expandSeed } from './feedback/sums.ts'
  const expand = ({ shape, seeds }) => seeds.map((seed) => Array.from(expandSeed(shape, seed)))
  export default { fetch: async (request) => Response.json(expand(await request.json())) }`

let miniflare: Miniflare

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: CONTRACT },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
  })
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'seeds',
      modules: true,
      script: outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-11-01',
      host: '127.0.0.1',
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.ERROR),
    }),
  )
})
afterAll(() => miniflare.dispose())

async function expandThere(shape: typeof VEC | typeof HIST, seeds: readonly Seed[]): Promise<number[][]> {
  const answer = await fetch(await miniflare.ready, { method: 'POST', body: JSON.stringify({ shape, seeds }) })
  return (await answer.json()) as number[][]
}

test('workerd expands 500 seeds as Node does: cells exactly, normals to 1e-12', async () => {
  const words = chachaWords(chachaState([15, 5]))
  const vectors = Array.from({ length: 500 }, () => ({ hi: words(), lo: words() }))
  const cells = vectors.map(({ hi, lo }) => ({ hi: 1 + (hi % (HIST_PRIME - 1)), lo: lo % HIST_PRIME }))
  expect(await expandThere(HIST, cells)).toEqual(cells.map((seed) => Array.from(expandSeed(HIST, seed))))
  const there = await expandThere(VEC, vectors)
  const furthest = vectors.map((seed, i) => {
    const here = expandSeed(VEC, seed)
    return Math.max(...here.map((value, d) => Math.abs(value - (there[i]?.[d] ?? Number.NaN))))
  })
  expect(furthest).toHaveLength(500)
  for (const distance of furthest) expect(distance).toBeLessThanOrEqual(1e-12)
})
