import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Objectives, parseManifest } from '#contract/manifest'
import { DEFAULTS } from '../config/defaults.ts'
import { evaluateFiles } from '../evaluate/evaluate-files.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { SILENT } from '../pipeline/progress.ts'
import { createRandom } from '../train/random.ts'
import { rowGains } from './row-gains.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-objectives-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(name: string, lines: readonly string[]): Promise<string> {
  await writeFile(join(dir, name), lines.join('\n'))
  return join(dir, name)
}

const HEADER = 'user_id,item_id,timestamp,event,value'

describe('rowGains', () => {
  const load = async (lines: readonly string[]) => {
    const interactions = [await file('log.csv', [HEADER, ...lines])]
    return (await loadDataset({ interactions, config: DEFAULTS, mode: 'clean', nowMs: Date.UTC(2026, 0, 1) })).dataset
  }
  const LOG = [
    'a,x,2025-01-01,impression,900',
    'a,x,2025-01-02,click,',
    'a,x,2025-01-03,purchase,30',
    'a,y,2025-01-04,view,',
    'b,x,2025-01-05,purchase,',
    'b,z,2025-01-06,purchase,10',
    'b,y,2025-01-07,cart,',
  ]

  test('weighs what was taken, purchases, and money over its mean, by the sum of the weights', async () => {
    const dataset = await load(LOG) // rows a x, a y, b x, b z, b y; values 30 and 10, mean 20
    const gains = rowGains(dataset, { click: 1, conversion: 2, value: 1 })
    expect(Array.from(gains ?? [])).toEqual([(1 + 2 + 1.5) / 4, 1 / 4, 3 / 4, (1 + 2 + 0.5) / 4, 1 / 4])
    expect(Array.from(rowGains(dataset, { click: 0, conversion: 3, value: 0 }) ?? [])).toEqual([1, 0, 1, 1, 0])
  })

  test('counts a value ten times the mean at most', async () => {
    const cheap = Array.from({ length: 99 }, (_, k) => `a,i${k},2025-01-01,purchase,1`)
    const dataset = await load([...cheap, 'a,dear,2025-01-02,purchase,100000'])
    expect(rowGains(dataset, { click: 0, conversion: 0, value: 1 })?.at(-1)).toBe(10)
  })

  test('is absent where everything counts the same', async () => {
    expect(rowGains(await load(LOG), { click: 7, conversion: 0, value: 0 })).toBeNull()
  })

  test.each([{ conversion: 1 }, { value: 1 }])(
    'refuses %o with config-invalid on a log without any',
    async (wanted) => {
      const dataset = await load(['a,x,2025-01-01,click,', 'a,y,2025-01-02,like,'])
      expect(() => rowGains(dataset, { click: 1, conversion: 0, value: 0, ...wanted })).toThrow(
        expect.objectContaining({ code: 'config-invalid' }),
      )
    },
  )
})

const USERS = 160
const ITEMS = 60

type Row = { readonly user: number; readonly item: number; readonly at: number }

/** Three kinds of items that are seen alike: looked at only, bought cheap, bought dear. */
const kindOf = (item: number): 'seen' | 'cheap' | 'dear' => (['seen', 'cheap', 'dear'] as const)[item % 3]

function visits(): Row[] {
  const random = createRandom(3)
  return Array.from({ length: USERS }, (_, user) => {
    const items = new Set<number>()
    while (items.size < 15) items.add(Math.floor(random() * ITEMS))
    return Array.from(items, (item, at) => ({ user, item, at }))
  }).flat()
}

/** Items that are only looked at are cheap or dear, so that no price tells what is bought. */
function priceOf(item: number): number {
  const kind = kindOf(item)
  return kind === 'dear' || (kind === 'seen' && item % 2 === 1) ? 60 : 2
}

/** Everything is looked at before it is bought. */
function linesOf({ user, item, at }: Row): string[] {
  const kind = kindOf(item)
  const start = `u${user},i${item},2025-01-${String(at + 1).padStart(2, '0')}`
  return [`${start},view,`, ...(kind === 'seen' ? [] : [`${start},purchase,${priceOf(item)}`])]
}

describe('the objectives of a ranker', () => {
  /** Share of each kind among the first ten of all lists, and what the manifest says. */
  async function shares(objectives: Objectives) {
    const rows = visits()
    const part = (isTest: boolean) => [HEADER, ...rows.filter(({ at }) => at >= 12 === isTest).flatMap(linesOf)]
    const items = Array.from({ length: ITEMS }, (_, item) => `i${item},Item ${item},${priceOf(item)}`)
    const rankings = join(dir, 'rankings.jsonl')
    const releaseDir = join(dir, JSON.stringify(objectives))
    await evaluateFiles({
      train: [await file('train.csv', part(false))],
      test: [await file('test.csv', part(true))],
      items: [await file('items.csv', ['item_id,title,price', ...items])],
      config: {
        ...DEFAULTS,
        mean: { ...DEFAULTS.mean, enabled: false },
        events: { ...DEFAULTS.events, weights: { view: 1, purchase: 1 } },
        embedding: { ...DEFAULTS.embedding, dimensions: 8, sweeps: 4 },
        ranker: { ...DEFAULTS.ranker, objectives, trees: 60, leaves: 4, learningRate: 0.1 },
      },
      ...({ mode: 'device', cutoffs: [10], baselines: false, precision: false } as const),
      rankings,
      perUser: null,
      releaseDir,
      nowMs: Date.UTC(2026, 0, 1),
      report: SILENT,
    })
    const lists = (await readFile(rankings, 'utf8')).trim().split('\n')
    const shown = lists.flatMap((line) => (JSON.parse(line) as { items: string[] }).items.slice(0, 10))
    const of = (kind: string) => shown.filter((id) => kindOf(Number(id.slice(1))) === kind).length / shown.length
    const stored = JSON.parse(await readFile(join(releaseDir, 'release.json'), 'utf8')) as { manifest: string }
    const manifest = parseManifest(JSON.parse(await readFile(join(releaseDir, 'objects', stored.manifest), 'utf8')))
    return { seen: of('seen'), cheap: of('cheap'), dear: of('dear'), told: manifest.rankers[0].objectives }
  }

  test('move what people buy above what they only look at, and dear items above cheap ones', async () => {
    const plain = await shares({ click: 1, conversion: 0, value: 0 })
    const bought = await shares({ click: 0.1, conversion: 1, value: 0 })
    const money = await shares({ click: 0, conversion: 0, value: 1 })
    expect(plain.seen).toBeGreaterThan(0.22) // a third of the items
    expect(bought.seen).toBeLessThan(0.6 * plain.seen)
    expect(money.dear).toBeGreaterThan(Math.max(plain.dear, bought.dear) + 0.1)
    expect([plain.told, bought.told]).toEqual([undefined, { click: 0.1, conversion: 1, value: 0 }])
  })
})
