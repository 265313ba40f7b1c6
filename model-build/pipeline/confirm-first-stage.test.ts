import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import type { Dataset } from '../dataset.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { fightDuel } from '../tune/duel.ts'
import { isTaken, type TunedStage } from '../tune/tuning.ts'
import { confirmFirstStage } from './confirm-first-stage.ts'
import { effortFor } from './effort.ts'
import type { Job } from './job.ts'
import { SILENT } from './progress.ts'
import { resolveSettings } from './settings.ts'

const ITEMS = 120
const log = logFromLists(clusteredLists({ users: 300, items: ITEMS, clusters: 8, perUser: 8, seed: 5 }), ITEMS)
const items = Array.from({ length: ITEMS }, (_, item) => bareItem(`i${item}`))
const dataset: Dataset = { users: Array.from({ length: 300 }, (_, user) => `u${user}`), items, interactions: log }
const settings = resolveSettings({ ...DEFAULTS, ranker: { ...DEFAULTS.ranker, trees: 5 } })
const good: ModelOptions = { ...settings.models, dim: 16, alpha0: 0.3, voterMethod: 'ease', minSupport: 1 }
/** Of a first stage so stiff that it knows popularity and little more. */
const bad: ModelOptions = { ...good, dim: 1, reg: 0.5, lambda: 100_000 }

const won = fightDuel(new Float64Array(50), new Float64Array(50).fill(0.1), 1)
const tuned: TunedStage = { searches: [], duels: [won] }

describe('confirmFirstStage', () => {
  let pool: KernelPool
  let job: Job
  beforeAll(async () => {
    pool = await createKernelPool()
    job = { dataset, settings, effort: { ...effortFor(log, 'auto'), folds: 2 }, gains: null, pool }
  })
  afterAll(() => pool.close())

  test('keeps a first stage whose lists a ranker does better on', async () => {
    const found = await confirmFirstStage(job, bad, { models: good, tuned }, SILENT)
    expect(found.models).toBe(good)
    expect(found.tuned.duels).toHaveLength(2)
    expect(isTaken(found.tuned)).toBe(true)
  })

  test('gives the present one back where the pipeline gains nothing, however clear the first duel was', async () => {
    const same = await confirmFirstStage(job, good, { models: { ...good }, tuned }, SILENT)
    expect(same.models).toBe(good)
    expect(same.tuned.duels.map(({ isWon }) => isWon)).toEqual([true, false])
    const lost = { searches: [], duels: [] }
    expect(await confirmFirstStage(job, good, { models: bad, tuned: lost }, SILENT)).toEqual({
      models: good,
      tuned: lost,
    })
  })
})
