import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { effortFor } from '../pipeline/effort.ts'
import { SILENT } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { meanOf } from './duel.ts'
import { createFirstStages } from './first-stages.ts'
import { penaltyFactor } from './penalty.ts'
import { createTrialFolds } from './trial-folds.ts'
import { tuneFirstStage } from './tune-first-stage.ts'

const log: Interactions = logFromLists(
  clusteredLists({ users: 400, items: 120, clusters: 8, perUser: 8, seed: 5 }),
  120,
)
const dataset: Dataset = { users: [], items: [], interactions: log }
const settings = resolveSettings({ ...DEFAULTS, embedding: { ...DEFAULTS.embedding, dimensions: 32 } })
const models: ModelOptions = { ...settings.models, voterMethod: 'ease', minSupport: 1 }

describe('tuneFirstStage', () => {
  let pool: KernelPool
  beforeAll(async () => {
    pool = await createKernelPool()
  })
  afterAll(() => pool.close())

  const tune = (present: ModelOptions) =>
    tuneFirstStage(
      { dataset, settings, effort: effortFor(log, 'auto'), gains: null, pool, models: present, ratio: 1 },
      SILENT,
    )

  /** Mean NDCG@20 on held-out users of another draw of folds. */
  const judge = async ({ dim, alpha0, reg, nu, lambda }: ModelOptions) => {
    const fold = createTrialFolds(log, { seed: 99, order: 'ignore', maxTrainRows: 1e6, method: 'ease' })(0, 1)
    const stages = createFirstStages(pool, models, 1)
    const setting = { dim, alpha0, nu, reg: reg / penaltyFactor(fold.byUser, alpha0, nu) }
    const [items, voters] = [await stages.items(setting, fold), await stages.voters({ lambda }, fold)]
    return meanOf(await stages.judge({ setting, items, voters }, fold))
  }

  test('replaces a bad choice, and what it takes is better for users of another draw too', async () => {
    const bad = { ...models, alpha0: 3, reg: 0.03, lambda: 1 }
    const { models: found, tuned } = await tune(bad)
    expect(tuned.duels[0]?.isWon).toBe(true)
    expect(tuned.duels[0]?.tuned).toBeGreaterThan(tuned.duels[0]?.present ?? 1)
    expect(await judge(found)).toBeGreaterThan(await judge(bad))
  })

  test('keeps the present choice where what it found does not win, and finds the same again', async () => {
    const first = await tune(models)
    const again = await tune(models)
    expect(again).toEqual(first)
    expect(first.models === models).toBe(first.tuned.duels[0]?.isWon !== true)
    for (const { trials, best } of first.tuned.searches) {
      const last = trials.filter(({ rung }) => rung === trials.at(-1)?.rung)
      const [present] = last
      expect(last.find(({ setting }) => setting === best)?.ndcg).toBeGreaterThanOrEqual(present.ndcg)
    }
  })
})
