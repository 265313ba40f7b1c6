import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNormal, createRandom } from '../train/random.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { createDcnScorer, type DcnModel, type DcnScorer, roundWeights } from './dcn-model.ts'
import { drawRows } from './draw-rows.ts'
import { type RankingList, trainDcn } from './train-dcn.ts'

const FEATURES = 10
const ROWS = 30

let pools: KernelPool[] = []
beforeAll(async () => {
  pools = await Promise.all([1, 2].map((threads) => createKernelPool({ threads })))
})
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

/** Lists whose best row has the largest product of two features, one of which is the same in the whole list: no sum of features can tell. */
function plantedLists(count: number, seed: number): RankingList[] {
  const normal = createNormal(createRandom(seed))
  return Array.from({ length: count }, () => {
    const features = Float32Array.from({ length: ROWS * FEATURES }, normal)
    const taste = normal()
    for (let r = 0; r < ROWS; r++) features[r * FEATURES] = 100 + 10 * taste
    const worth = Float32Array.from({ length: ROWS }, (_, r) => taste * features[r * FEATURES + 1])
    const best = worth.indexOf(Math.max(...worth))
    const gains = Float32Array.from({ length: ROWS }, (_, r) => (r === best ? 1 : 0))
    return { features, count: ROWS, gains, initial: new Float32Array(ROWS) }
  })
}

/** Share of the lists whose first row by score is the best one. */
async function hits(score: DcnScorer, lists: readonly RankingList[]): Promise<number> {
  let found = 0
  for (const list of lists) {
    const scores = await score(list)
    if (list.gains[scores.indexOf(Math.max(...scores))] === 1) found++
  }
  return found / lists.length
}

function train(pool: KernelPool, epochs: number): Promise<DcnModel> {
  const judging = plantedLists(80, 2)
  const judge = (score: DcnScorer) => hits(score, judging)
  return trainDcn(plantedLists(600, 1), { features: FEATURES, seed: 3, epochs, judge, pool })
}

describe('trainDcn', () => {
  test('learns that a taste of the list decides which way a feature counts', async () => {
    const model = await train(pools[1], 40)
    const found = await pools[1].scope(() => hits(createDcnScorer(model, pools[1]), plantedLists(200, 9)))
    expect(found).toBeGreaterThan(0.6) // by chance 0.03; the feature alone, whichever way, 0.5
    expect(found).toBeLessThan(1)
  })

  test('gives the same weights to the bit with one thread and with two', async () => {
    expect(await train(pools[0], 2)).toEqual(await train(pools[1], 2))
  })

  test('gives scores of zero where no epoch is better than the start', async () => {
    const lists = plantedLists(40, 1)
    const model = await trainDcn(lists, {
      features: FEATURES,
      seed: 3,
      epochs: 2,
      judge: async () => 1,
      pool: pools[0],
    })
    const scores = await pools[0].scope(() => createDcnScorer(model, pools[0])(lists[0]))
    expect(scores).toEqual(new Float32Array(ROWS))
  })

  test('its weights are on the grid that ships', async () => {
    const { weights, shape } = await train(pools[0], 1)
    const again = roundWeights(weights, shape)
    weights.forEach((weight, k) => {
      expect(again[k]).toBeCloseTo(weight, 6)
    })
  })
})

describe('drawRows', () => {
  test('takes every row with a gain and other ones of the rest each time, counted as so many as there are', () => {
    const gains = new Float32Array(100)
    gains.set([1, 0.5], 40)
    const random = createRandom(1)
    const [first, second] = [drawRows(gains, 20, random), drawRows(gains, 20, random)]
    expect([first.rows.length, new Set(first.rows).size, first.found]).toEqual([20, 20, 2])
    expect(Array.from(first.rows.subarray(0, 2))).toEqual([40, 41])
    expect(first.shift).toBeCloseTo(Math.log(98 / 18))
    expect(second.rows).not.toEqual(first.rows)
  })

  test('takes the whole of a short list', () => {
    const { rows, shift } = drawRows(Float32Array.of(0, 1, 0), 20, createRandom(1))
    expect([Array.from(rows).sort(), shift]).toEqual([[0, 1, 2], 0])
  })
})
