import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { meanOf } from './duel.ts'
import { judgeBlend } from './even-blend.ts'
import { createFirstStages } from './first-stages.ts'
import { createTrialFolds, type TrialFold } from './trial-folds.ts'

const ITEMS = 120
const log = logFromLists(clusteredLists({ users: 300, items: ITEMS, clusters: 8, perUser: 8, seed: 4 }), ITEMS)
const SETTING = { dim: 16, alpha0: 0.3, reg: 0.003, nu: 1 }
const MODELS = { voterMethod: 'ease', against: false, votersPerItem: 20, minSupport: 1, seed: 1 } as const

describe('judgeBlend', () => {
  let pool: KernelPool
  let fold: TrialFold
  beforeAll(async () => {
    pool = await createKernelPool()
    fold = createTrialFolds(log, { seed: 1, order: 'ignore', maxTrainRows: 1e6, method: 'ease' })(0, 1)
  })
  afterAll(() => pool.close())

  test('finds more than the mean of vectors alone and voters alone, of which each finds something', async () => {
    const stages = createFirstStages(pool, MODELS, 1)
    const parts = {
      setting: SETTING,
      items: await stages.items(SETTING, fold),
      voters: await stages.voters({ lambda: 30 }, fold),
    }
    const none = { offsets: new Int32Array(ITEMS + 1), source: new Int32Array(0), weight: new Float32Array(0) }
    const both = meanOf(await stages.judge(parts, fold))
    const vectors = meanOf(await stages.judge({ ...parts, voters: { ...none, method: 'ease' } }, fold))
    const voters = meanOf(await stages.judge({ ...parts, items: new Float32Array(ITEMS * SETTING.dim) }, fold))
    expect(vectors).toBeGreaterThan(0.15)
    expect(voters).toBeGreaterThan(0.15)
    expect(both).toBeGreaterThan((vectors + voters) / 2)
  })

  test('gives each user the NDCG of the list that the summed standardised scores make, the history left out', async () => {
    // Item vectors of length 1 along one axis: after item 0 the fold-in scores items in proportion to their entries; item 3 has a voter, item 0.
    const items = Float32Array.of(1, 0, 0, 0, 0.9, 0, 0, 0, 0.5, 0, 0, 0, 0.1, 0, 0, 0)
    const job = { dim: 4, alpha0: 0.1, reg: 0.01, nu: 1, ratio: 1 } as const
    const voters = {
      offsets: Int32Array.of(0, 0, 0, 0, 1),
      source: Int32Array.of(0),
      weight: Float32Array.of(1),
      method: 'ease',
    } as const
    // Standardised: vectors of items 1, 2, 3 give 1.22, 0, -1.22, votes -0.71, -0.71, 1.41; in sum 0.52, -0.71, 0.19: item 3 stands second.
    const users = { histories: [Int32Array.of(0)], truths: [Int32Array.of(3)] }
    expect((await judgeBlend(pool, { items, job, voters }, users))[0]).toBeCloseTo(1 / Math.log2(3), 12)
  })
})
