import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_DATA_DIR, hasDataSet } from '../../tools/data-dir.ts'
import { DEFAULTS } from '../config/defaults.ts'
import type { Dataset } from '../dataset.ts'
import { loadModel } from '../device/resident-model.ts'
import { fitModels } from '../fit/fit-models.ts'
import { findDataFiles } from '../ingest/find-files.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { fitPipeline } from '../pipeline/fit-pipeline.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import { SILENT } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { openDevice, type Recommend } from './device-lists.ts'
import { createExactRecommender } from './exact-lists.ts'
import { ndcgAt } from './metrics.ts'
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
    }, 900_000)

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

async function measure(pool: KernelPool) {
  const config = structuredClone(DEFAULTS)
  const dataset = await readGoodbooks()
  const split = splitLastFraction(dataset.interactions, { testShare: 0.2, minUserItems: 5 })
  const train: Dataset = { ...dataset, interactions: split.train }
  const settings = resolveSettings(config)
  const pipeline = await fitPipeline(train, settings, pool, SILENT)
  const release = await makeRelease(train, { pipeline, settings, last: null, gate: {}, pool, report: SILENT })
  const read = (hash: string) => release.objects.get(hash)
  const log = split.train
  const device = await openDevice({ manifest: release.manifest, read }, log, release.itemNos)
  const exact = createExactRecommender(
    loadModel(release.manifest, read),
    await fitModels(train, pipeline.models, pool),
    log,
    release.itemNos,
  )
  const result = {
    device: await meanNdcg(split, device.recommend),
    exact: await meanNdcg(split, exact),
    popularity: await meanNdcg(split, popularityOf(train)),
    random: await meanNdcg(split, async ({ known }, count) =>
      Array.from({ length: count }, (_, i) => (known.length * 7919 + i * 131) % train.items.length),
    ),
  }
  await device.close()
  return result
}

async function readGoodbooks(): Promise<Dataset> {
  const files = findDataFiles(join(DEFAULT_DATA_DIR, NAME))
  const { dataset } = await loadDataset({ ...files, config: DEFAULTS, mode: 'clean', nowMs: Date.UTC(2026, 0, 1) })
  return dataset
}

function popularityOf({ interactions, items }: Dataset): Recommend {
  const support = new Int32Array(items.length)
  for (const item of interactions.item) support[item]++
  const order = Array.from(support.keys()).sort((a, b) => support[b] - support[a] || a - b)
  return async ({ known }, count) => {
    const seen = new Set(Array.from(known, (row) => interactions.item[row]))
    return order.filter((item) => !seen.has(item)).slice(0, count)
  }
}

async function meanNdcg(split: Split, recommend: Recommend): Promise<number> {
  let sum = 0
  let users = 0
  for (let t = 0; t < split.testUsers.length; t += EVERY) {
    const user = split.testUsers[t]
    const from = split.train.userOffsets[user]
    const known = Int32Array.from({ length: split.train.userOffsets[user + 1] - from }, (_, k) => from + k)
    const truth = new Set(split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1]))
    sum += ndcgAt(await recommend({ known, at: Number.NaN }, 20), truth, 20)
    users++
  }
  return sum / users
}
