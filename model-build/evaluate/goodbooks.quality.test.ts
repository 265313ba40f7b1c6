import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_DATA_DIR, hasDataSet } from '../../tools/data-dir.ts'
import { DEFAULTS } from '../config/defaults.ts'
import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel } from '../device/resident-model.ts'
import type { Visit } from '../device/visits.ts'
import { findDataFiles } from '../ingest/find-files.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { fitPipeline } from '../pipeline/fit-pipeline.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import { SILENT } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import type { Respondent } from './desk.ts'
import { createExactRecommender } from './exact-lists.ts'
import { ndcgAt } from './metrics.ts'
import { firstUnseen, popularOrder, supportOf } from './popular-lists.ts'
import { type Split, splitLastFraction } from './splits.ts'

const NAME = 'goodbooks-5pct'
const isThere = hasDataSet(NAME)

/** Every how many-th user is asked, to stay within a minute. */
const EVERY = 4

describe.skipIf(!isThere)(
  `device against exact on ${NAME}${isThere ? '' : ' (skipped: the data set is absent)'}`,
  () => {
    let pool: KernelPool
    let ndcg: { device: number; exact: number; popularity: number; random: number }

    beforeAll(async () => {
      pool = await createKernelPool()
      ndcg = await measure(pool)
      process.stdout.write(`NDCG@20 on the last fifth of each user's rows: ${JSON.stringify(ndcg)}\n`)
    })

    afterAll(() => pool.close())

    test('the device reaches at least twice the NDCG@20 of popularity', () => {
      expect(ndcg.device / ndcg.popularity).toBeGreaterThanOrEqual(2)
      expect(ndcg.device / ndcg.popularity).toBeLessThan(6)
    })

    test('the device keeps at least 0.98 of the NDCG@20 of exact search in floating point', () => {
      expect(ndcg.device / ndcg.exact).toBeGreaterThanOrEqual(0.98)
      expect(ndcg.device / ndcg.exact).toBeLessThan(1.05)
    })

    test('random lists find next to nothing', () => {
      expect(ndcg.random).toBeLessThan(ndcg.popularity / 3)
    })
  },
)

/** Histories that training lists are made from, a third of the default: with the mean space left out it saves three minutes and costs eight per cent. */
const MAX_QUERIES = 700

async function measure(pool: KernelPool) {
  const config = structuredClone(DEFAULTS)
  config.ranker.maxQueries = MAX_QUERIES
  config.mean.enabled = false
  const dataset = await readGoodbooks()
  const split = splitLastFraction(dataset.interactions, { testShare: 0.2, minUserItems: 5, seed: 1 })
  const train: Dataset = { ...dataset, interactions: split.train }
  const settings = resolveSettings(config)
  const pipeline = await fitPipeline(train, settings, pool, SILENT)
  const release = await makeRelease(train, { pipeline, settings, last: null, gate: {}, pool, report: SILENT })
  const { manifest, objects, itemNos, models } = release
  const log = split.train
  const shared = shareParts({ manifest, objects: objects.entries(), log, itemNos })
  const device = await openCrew(shared, { graphs: true, ranker: true, asked: split.testUsers.length })
  const whole = loadModel(manifest, (hash) => objects.get(hash), { residentItems: Number.POSITIVE_INFINITY })
  const exact = createExactRecommender(whole, models, {
    log,
    itemNos,
    encoder: await openEncoder(manifest, (hash) => objects.get(hash)),
    ranker: await openRanker(whole, (hash) => objects.get(hash)),
  })
  const popular = popularOrder(supportOf(log))
  const result = {
    device: await meanNdcg(split, answersOf(device)),
    exact: await meanNdcg(split, answersOf(exact)),
    popularity: await meanNdcg(split, async (visits) =>
      visits.map(({ known }) => firstUnseen(popular, new Set(known.map((row) => log.item[row])), 20)),
    ),
    random: await meanNdcg(split, async (visits) =>
      visits.map(({ known }) =>
        Array.from({ length: 20 }, (_, i) => (known.length * 7919 + i * 131) % train.items.length),
      ),
    ),
  }
  await device.close()
  return result
}

type Lists = (visits: readonly Visit[]) => Promise<readonly ArrayLike<number>[]>

function answersOf(respondent: Respondent): Lists {
  return async (visits) => {
    const answers = await respondent.answers(visits, { count: 20, rules: null, withCandidates: false }, () => undefined)
    return answers.map(({ items }) => items)
  }
}

async function readGoodbooks(): Promise<Dataset> {
  const files = findDataFiles(join(DEFAULT_DATA_DIR, NAME))
  const { dataset } = await loadDataset({ ...files, config: DEFAULTS, mode: 'clean', nowMs: Date.UTC(2026, 0, 1) })
  return dataset
}

async function meanNdcg(split: Split, lists: Lists): Promise<number> {
  const tested = Array.from(split.testUsers.keys()).filter((t) => t % EVERY === 0)
  const found = await lists(
    tested.map((t) => {
      const user = split.testUsers[t]
      const from = split.train.userOffsets[user]
      const known = Int32Array.from({ length: split.train.userOffsets[user + 1] - from }, (_, k) => from + k)
      return { known, at: Number.NaN }
    }),
  )
  const ndcg = tested.map((t, place) =>
    ndcgAt(found[place], new Set(split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1])), 20),
  )
  return ndcg.reduce((sum, value) => sum + value, 0) / ndcg.length
}
