import { afterAll, describe, expect, test } from 'vitest'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { type BatchTargets, type Dropout, NO_DROPOUT, type SequenceBatch, SequenceNetwork } from './network.ts'
import type { EncoderShape } from './shape.ts'

const pools = await Promise.all([1, 2].map((threads) => createKernelPool({ threads })))
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

const SHAPE: EncoderShape = { dim: 8, heads: 2, blocks: 2, hidden: 16, length: 6 }
const ITEMS = 20

const BATCH: SequenceBatch = {
  offsets: Int32Array.of(0, 4, 10, 11),
  items: Int32Array.of(3, 7, 1, 0, 5, 6, 2, 9, 11, 3, 19),
}
const WANTED: BatchTargets = {
  candidates: Int32Array.of(7, 1, 0, 4, 6, 2, 9, 11, 3, 12, 8),
  shifts: Float32Array.from({ length: 11 }, (_, k) => 0.1 * k),
  targets: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
}

function create(threads = 1): SequenceNetwork {
  const network = new SequenceNetwork(pools[threads - 1], SHAPE, { items: ITEMS, maxRows: 16, maxCandidates: 16 })
  const normal = createNormal(createRandom(5))
  for (let k = 0; k < network.weights.length; k++) network.weights[k] = 0.4 * normal()
  for (let k = 0; k < ITEMS * SHAPE.dim; k++) network.table[k] = 0.4 * normal()
  return network
}

describe('SequenceNetwork', () => {
  test.each([NO_DROPOUT, { kept256: 200, seed: 77 }])(
    'has the gradients of finite differences, dropout %o',
    async (dropout) => {
      const network = create()
      await network.learn(BATCH, WANTED, dropout)
      const { attention, distance, mix, up, upBias, down } = network.layout.blocks[0]
      const later = network.layout.blocks[1]
      const slices = [attention, distance, mix, up, upBias, down, later.attention, later.distance, later.down]
      const gradients = network.weightGradients.slice()
      const tableGradients = network.tableGradients.slice()
      for (const { at, rows, columns } of slices) {
        for (let k = at; k < at + rows * columns; k += 7) {
          if (at === distance.at && (k - at) % columns >= SHAPE.length) continue
          const found = await difference(network, network.weights, k, dropout)
          expect(Math.abs(found - gradients[k]), `weight ${k}`).toBeLessThan(2e-3 + 0.02 * Math.abs(found))
        }
      }
      for (let k = 0; k < ITEMS * SHAPE.dim; k += 3) {
        const found = await difference(network, network.table, k, dropout)
        expect(Math.abs(found - tableGradients[k]), `item float ${k}`).toBeLessThan(2e-3 + 0.02 * Math.abs(found))
      }
      expect(gradients.some((value) => Math.abs(value) > 0.01)).toBe(true)
    },
  )

  test('gives the same gradients to the bit with one thread and with two', async () => {
    const dropout = { kept256: 180, seed: 3 }
    const [one, two] = [create(1), create(2)]
    expect(await one.learn(BATCH, WANTED, dropout)).toBe(await two.learn(BATCH, WANTED, dropout))
    expect(one.weightGradients).toEqual(two.weightGradients)
    expect(one.tableGradients).toEqual(two.tableGradients)
  })

  test('no row knows what comes after it', async () => {
    const network = create()
    const before = (await network.encode(BATCH)).slice()
    const changed = { ...BATCH, items: BATCH.items.slice() }
    changed.items[8] = 15
    const after = await network.encode(changed)
    expect(after.slice(0, 8 * SHAPE.dim)).toEqual(before.slice(0, 8 * SHAPE.dim))
    expect(after.slice(8 * SHAPE.dim, 9 * SHAPE.dim)).not.toEqual(before.slice(8 * SHAPE.dim, 9 * SHAPE.dim))
    expect(after.slice(10 * SHAPE.dim)).toEqual(before.slice(10 * SHAPE.dim))
  })
})

async function difference(
  network: SequenceNetwork,
  values: Float32Array,
  k: number,
  dropout: Dropout,
): Promise<number> {
  const kept = values[k]
  const step = 0.001
  values[k] = kept + step
  const above = await network.learn(BATCH, WANTED, dropout)
  values[k] = kept - step
  const below = await network.learn(BATCH, WANTED, dropout)
  values[k] = kept
  return (above - below) / (2 * step)
}
