import { afterAll, describe, expect, test } from 'vitest'
import { createRandom } from '../train/random.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { createSampler, dealBatches, type Histories } from './batches.ts'
import { fitSequence, historiesOf } from './fit-sequence.ts'
import { markovLists } from './markov-lists.ts'
import { trainSequence } from './train-sequence.ts'

const pools = await Promise.all([1, 2].map((threads) => createKernelPool({ threads })))
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

const SHAPE = { dim: 16, heads: 2, blocks: 1, hidden: 16, length: 8 }

function markov(users: number): Histories {
  const lists = markovLists({ users, items: 40, perUser: 12, followers: 2, noise: 0, seed: 4 })
  return historiesOf(logFromLists(lists, 40), new Uint8Array(40).fill(1))
}

describe('dealBatches', () => {
  test('gives every row but the last of each history once, with the item after it', () => {
    const histories = { offsets: Int32Array.of(0, 3, 4, 26), items: Int32Array.from({ length: 26 }, (_, k) => k) }
    const options = { rows: 16, length: 8, horizon: 1, random: createRandom(2) }
    const seen: number[] = []
    for (const { offsets, items, next } of dealBatches(histories, options)) {
      expect(items.length).toBeLessThanOrEqual(16)
      expect(offsets.at(-1)).toBe(items.length)
      for (let s = 0; s + 1 < offsets.length; s++) expect(offsets[s + 1] - offsets[s]).toBeLessThanOrEqual(8)
      items.forEach((item, row) => {
        expect(next[row]).toBe(item + 1)
      })
      seen.push(...items)
    }
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, ...Array.from({ length: 21 }, (_, k) => 4 + k)])
  })

  test('draws targets within the horizon and within the history', () => {
    const histories = { offsets: Int32Array.of(0, 30), items: Int32Array.from({ length: 30 }, (_, k) => k) }
    for (const { items, next } of dealBatches(histories, {
      rows: 64,
      length: 40,
      horizon: 4,
      random: createRandom(1),
    })) {
      const steps = Array.from(items, (item, row) => next[row] - item)
      expect(Math.min(...steps)).toBe(1)
      expect(Math.max(...steps)).toBe(4)
      expect(Math.max(...next)).toBe(29)
    }
  })
})

describe('createSampler', () => {
  test('chooses among all items while they are few', () => {
    const { candidates, shifts, targets } = createSampler(new Float64Array(5).fill(1), { limit: 8, rows: 4 })(
      Int32Array.of(3, 0),
      createRandom(1),
    )
    expect([...candidates]).toEqual([0, 1, 2, 3, 4])
    expect([...shifts]).toEqual([0, 0, 0, 0, 0])
    expect([...targets]).toEqual([3, 0])
  })

  test('the shifted sum over candidates estimates the sum over all items', () => {
    const items = 400
    const support = Float64Array.from({ length: items }, (_, item) => 1 + 1000 / (item + 1))
    const total = support.reduce((sum, value) => sum + value, 0)
    const sample = createSampler(support, { limit: 120, rows: 30 })
    const random = createRandom(3)
    const values = Float64Array.from({ length: items }, () => Math.exp(2 * random()))
    const wanted = values.reduce((sum, value) => sum + value, 0)
    let mean = 0
    for (let round = 0; round < 400; round++) {
      const next = Int32Array.from({ length: 30 }, () => {
        let left = random() * total
        return support.findIndex((value) => {
          left -= value
          return left <= 0
        })
      })
      const { candidates, shifts, targets } = sample(next, random)
      expect(new Set(candidates).size).toBe(candidates.length)
      expect(candidates[targets[0]]).toBe(next[0])
      candidates.forEach((item, k) => {
        mean += (values[item] * Math.exp(shifts[k])) / 400
      })
    }
    expect(mean / wanted).toBeGreaterThan(0.97)
    expect(mean / wanted).toBeLessThan(1.03)
  })
})

describe('trainSequence', () => {
  test('learns chains that skip an item to near their entropy', async () => {
    const losses: number[] = []
    const options = { shape: SHAPE, epochs: 40, dropout: 0, horizon: 1, learningRate: 0.01, seed: 1, pool: pools[0] }
    await trainSequence(markov(1000), 40, options, async (_network, _epoch, loss) => {
      losses.push(loss)
    })
    expect(losses[0]).toBeGreaterThan(2)
    expect(losses.at(-1)).toBeLessThan(1.9) // two followers: ln 2, and some strays; chance: ln 40 = 3.7
    expect(losses.at(-1)).toBeGreaterThan(0.7)
  })

  test('gives the same model to the bit with one thread and with two', async () => {
    const train = (threads: number) =>
      trainSequence(markov(40), 40, {
        shape: SHAPE,
        epochs: 2,
        dropout: 0.2,
        horizon: 2,
        learningRate: 0.01,
        seed: 1,
        candidates: 24,
        pool: pools[threads - 1],
      })
    expect(await train(1)).toEqual(await train(2))
  })

  test('items without evidence take no part and get the mean of the rarest', async () => {
    const log = logFromLists(markovLists({ users: 50, items: 40, perUser: 12, followers: 2, noise: 0, seed: 4 }), 42)
    const hasEvidence = new Uint8Array(42).fill(1, 0, 39)
    const options = { epochs: 1, dropout: 0, horizon: 1, learningRate: 0.001, seed: 1, pool: pools[0] }
    const { items, shape } = await fitSequence(log, hasEvidence, options)
    const vector = (item: number) => items.slice(item * shape.dim, (item + 1) * shape.dim)
    expect(vector(39)).toEqual(vector(41))
    expect(vector(39)).not.toEqual(vector(38))
    expect(vector(39).some((value) => value !== 0)).toBe(true)
  })
})
