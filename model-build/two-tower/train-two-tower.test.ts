import { afterAll, expect, test } from 'vitest'
import { evidenceOf } from '../sequence/fit-sequence.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { chooseTwoTower } from './choose-two-tower.ts'
import { fitTwoTower } from './fit-two-tower.ts'
import { towerQueries } from './judge-two-tower.ts'
import { plantedDataset } from './planted.ts'
import type { TwoTowerModel } from './train-two-tower.ts'

const CLUSTERS = 6
const ITEMS = 120
const dataset = plantedDataset({ users: 400, items: ITEMS, clusters: CLUSTERS, perUser: 10, seed: 5 })
const everything = new Uint8Array(ITEMS).fill(1)
const SETTINGS = { dim: 16, epochs: 12, shown: 0.5, ratios: [1], seed: 1 }

const pool = await createKernelPool({ threads: 1 })
const pair = await createKernelPool({ threads: 2 })
afterAll(() => Promise.all([pool.close(), pair.close()]))

/** Share of the five best items for a history of one that are of its cluster, of some items. */
async function purity(model: TwoTowerModel, among: readonly number[]): Promise<number> {
  const histories = Array.from({ length: CLUSTERS }, (_, item) => Int32Array.of(item))
  const { dim } = model.shape
  const queries = await towerQueries(pool, model, histories)
  let sum = 0
  for (let cluster = 0; cluster < CLUSTERS; cluster++) {
    const score = (item: number) => {
      let dot = 0
      for (let d = 0; d < dim; d++) dot += queries[cluster * dim + d] * model.items[item * dim + d]
      return dot
    }
    const best = among.filter((item) => item !== cluster).sort((a, b) => score(b) - score(a))
    sum += best.slice(0, 5).filter((item) => item % CLUSTERS === cluster).length / 5
  }
  return sum / CLUSTERS
}

test('a history points at items of its taste, with all items compared and with a sample', async () => {
  const all = Array.from({ length: ITEMS }, (_, item) => item)
  for (const candidates of [ITEMS, 64]) {
    const model = await fitTwoTower(dataset, everything, { ...SETTINGS, candidates, pool })
    expect(await purity(model, all)).toBeGreaterThan(0.6) // chance is 0.16
  }
})

test('one thread and two give the same bits', async () => {
  const run = (on: typeof pool) => fitTwoTower(dataset, everything, { ...SETTINGS, epochs: 3, pool: on })
  expect(await run(pair)).toEqual(await run(pool))
})

test('items that nobody took stand where their content says', async () => {
  const log = dataset.interactions
  const cold = Array.from({ length: ITEMS }, (_, item) => item).filter((item) => item >= 60)
  const lists = Array.from({ length: log.userCount }, (_, user) =>
    Array.from(log.item.subarray(log.userOffsets[user], log.userOffsets[user + 1])).filter((item) => item < 60),
  )
  const warm = { ...dataset, interactions: logFromLists(lists, ITEMS) }
  const model = await fitTwoTower(warm, evidenceOf(warm.interactions, 1), { ...SETTINGS, pool })
  expect(await purity(model, cold)).toBeGreaterThan(0.8)
  const { items: bare } = await fitTwoTower(
    { ...warm, items: warm.items.map((item, i) => (i >= 60 ? { ...item, title: '', tags: [] } : item)) },
    evidenceOf(warm.interactions, 1),
    { ...SETTINGS, pool },
  )
  expect(bare.slice(60 * 16, 61 * 16)).toEqual(bare.slice(119 * 16))
})

test('validation tries several ways of training and keeps the best', async () => {
  const common = { dim: 16, seed: 1, pool, minSupport: 1, maxUsers: 80, rows: 10_000, work: 60_000 }
  const found = await chooseTwoTower(dataset, { ...common, visitors: 'new' })
  expect(found?.tried).toHaveLength(2)
  expect(found?.ndcg).toBe(Math.max(...(found?.tried.map(({ ndcg }) => ndcg) ?? [])))
  expect(found?.ndcg).toBeGreaterThan(0.3)
  const ordered = { ...dataset, interactions: { ...dataset.interactions, order: 'order' } } as const
  const known = await chooseTwoTower(ordered, { ...common, visitors: 'known' })
  expect(known?.tried.map(({ shown, ratios }) => [shown, ratios.length])).toEqual([
    [0, 2],
    [0, 2],
  ])
})
