import { afterAll, expect, test } from 'vitest'
import { meanHistory } from '#contract/mean-history'
import { historiesOf } from '../sequence/fit-sequence.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { chooseMean } from './choose-mean.ts'
import { fitMean } from './fit-mean.ts'
import { trainMean } from './train-mean.ts'

const SHAPE = { users: 400, items: 120, clusters: 6, perUser: 10, seed: 5 }
const log = logFromLists(clusteredLists(SHAPE), SHAPE.items)
const everything = new Uint8Array(SHAPE.items).fill(1)
const SETTINGS = { dim: 16, epochs: 12, shown: 0.5, ratio: 1, learningRate: 0.02, decay: 0.1, seed: 1 }

const pool = await createKernelPool({ threads: 1 })
const pair = await createKernelPool({ threads: 2 })
afterAll(() => Promise.all([pool.close(), pair.close()]))

/** Share of the items nearest to one of cluster 0 that are of its cluster. */
function purity(items: Float32Array, dim: number, item: number): number {
  const query = meanHistory({ type: 'mean', ratio: 1, scale: 1 }, items.slice(item * dim, (item + 1) * dim), dim)
  const score = (other: number) => query.reduce((sum, value, d) => sum + value * items[other * dim + d], 0)
  const others = Array.from({ length: SHAPE.items }, (_, other) => other).filter((other) => other !== item)
  const best = others.sort((a, b) => score(b) - score(a)).slice(0, 5)
  return best.filter((other) => other % SHAPE.clusters === item % SHAPE.clusters).length / best.length
}

test('items that the same people take come to lie in one direction, with all items compared and with a sample', async () => {
  for (const candidates of [SHAPE.items, 64]) {
    const { items, dim } = await trainMean(historiesOf(log, everything), SHAPE.items, {
      ...SETTINGS,
      candidates,
      pool,
    })
    const mean = [0, 1, 2, 3, 4, 5].reduce((sum, item) => sum + purity(items, dim, item) / 6, 0)
    expect(mean).toBeGreaterThan(0.6) // chance is 0.16
  }
})

test('a sample whose lessons want more than it holds, filled up by items that nobody has, trains all the same', async () => {
  const { items } = await trainMean(historiesOf(log, everything), 200, { ...SETTINGS, epochs: 2, candidates: 64, pool })
  expect(items.every(Number.isFinite)).toBe(true)
  expect(items.some((value) => value !== 0)).toBe(true)
})

test('one thread and two give the same bits', async () => {
  const run = (on: typeof pool) =>
    trainMean(historiesOf(log, everything), SHAPE.items, { ...SETTINGS, epochs: 3, pool: on })
  expect(await run(pair)).toEqual(await run(pool))
})

test('items without evidence get the mean vector of the rarest', async () => {
  const hasEvidence = everything.slice()
  hasEvidence[7] = 0
  hasEvidence[8] = 0
  const start = undefined
  const { items, dim } = await fitMean(log, hasEvidence, { ...SETTINGS, start, pool })
  expect(items.slice(7 * dim, 8 * dim)).toEqual(items.slice(8 * dim, 9 * dim))
  expect(items.slice(7 * dim, 8 * dim).some((value) => value !== 0)).toBe(true)
})

test('a fit that starts from another takes fewer epochs to the same place', async () => {
  const first = await fitMean(log, everything, { ...SETTINGS, start: undefined, pool })
  let epochs = 0
  const second = await fitMean(log, everything, { ...SETTINGS, start: first.items, pool }, () => epochs++)
  expect(epochs).toBe(5)
  expect(purity(second.items, second.dim, 0)).toBeGreaterThan(0.6)
})

test('validation tries several ways of training beside iALS and keeps the best', async () => {
  const ials = { dim: 16, alpha0: 0.3, reg: 0.003, nu: 1 } as const
  const common = { ials, seed: 1, pool, minSupport: 1, maxUsers: 80, rows: 10_000, work: 60_000 }
  const found = await chooseMean(log, { ...common, visitors: 'new' })
  expect(found?.tried).toHaveLength(4)
  expect(found?.ndcg).toBe(Math.max(...(found?.tried.map(({ ndcg }) => ndcg) ?? [])))
  expect(found?.ndcg).toBeGreaterThan(0.3)
  expect(found?.ials).toBeGreaterThan(0.3)
  const ordered = await chooseMean({ ...log, order: 'order' }, { ...common, visitors: 'known' })
  const [half, moments, ...paces] = ordered?.tried ?? []
  expect([half.shown, moments.shown]).toEqual([0.8, 0])
  const { ndcg: _, ...best } = half.ndcg >= moments.ndcg ? half : moments
  expect(paces).toMatchObject([0.3, 0.1].map((decay) => ({ ...best, learningRate: 0.02, decay })))
})
