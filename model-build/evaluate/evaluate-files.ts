import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Config } from '../config/schema.ts'
import type { Dataset } from '../dataset.ts'
import { loadModel } from '../device/resident-model.ts'
import { fitModels } from '../fit/fit-models.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { type FittedPipeline, fitPipeline } from '../pipeline/fit-pipeline.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import type { Report } from '../pipeline/progress.ts'
import { resolveSettings } from '../pipeline/settings.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import { writeReleaseDir } from '../release/release-dir.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import { runBaselines } from './baselines.ts'
import { openDevice, type Recommend } from './device-lists.ts'
import { createExactRecommender } from './exact-lists.ts'
import { MetricsCollector, type MetricsTable } from './metrics-table.ts'
import { readTestUsers, type TestUser } from './test-users.ts'

export type EvaluateOptions = {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly items: readonly string[]
  readonly mode: 'device' | 'exact'
  readonly cutoffs: readonly number[]
  /** Path of the JSON lines file of every list, or null. */
  readonly rankings: string | null
  /** Directory for the release that was measured, unsigned, or null. */
  readonly releaseDir: string | null
  /** Also runs random, item-kNN, exact EASE and exact iALS. */
  readonly baselines: boolean
  readonly config: Config
  readonly nowMs: number
  readonly report: Report
}

/** What `evaluate` prints: the model's metrics and those of the most popular items on the same users. */
export type EvaluateResult = {
  readonly mode: 'device' | 'exact'
  readonly order: Dataset['interactions']['order']
  readonly trainUsers: number
  readonly trainRows: number
  readonly items: number
  readonly model: MetricsTable
  readonly popularity: MetricsTable
  /** Known methods on the same users; empty unless asked for. */
  readonly baselines: Readonly<Record<string, MetricsTable | { readonly skipped: string }>>
  readonly chosen: Pick<FittedPipeline, 'models' | 'recency'> & { readonly trees: number }
}

type Lists = { readonly model: Recommend; readonly close: () => Promise<void> }

/**
 * Fits on the train files, recommends for every user of the test files with that user's train rows as history (masked), ranks the full
 * catalogue, and measures. Nothing of the test files reaches training.
 */
export async function evaluateFiles(options: EvaluateOptions): Promise<EvaluateResult> {
  const { config, report } = options
  const dataset = await report.step('read train files', async (onShare) => {
    const loaded = await loadDataset({
      interactions: options.train,
      items: options.items,
      config,
      mode: 'drop-nothing',
      nowMs: options.nowMs,
      onProgress: ({ share }) => onShare(share),
    })
    return loaded.dataset
  })
  const tested = await report.step('read test files', () => readTestUsers(dataset, options))
  const pool = await createKernelPool()
  try {
    const pipeline = await fitPipeline(dataset, resolveSettings(config), pool, report)
    const lists = await prepare(dataset, pipeline, options, pool)
    const metrics = await report.step('recommend', (onShare) =>
      measure(dataset, tested, lists.model, { ...options, onShare }),
    )
    await lists.close()
    const baselines = options.baselines
      ? await report.step('run baselines', () => measureBaselines(dataset, tested, options, pool))
      : {}
    return {
      baselines,
      mode: options.mode,
      order: dataset.interactions.order,
      trainUsers: dataset.users.length,
      trainRows: dataset.interactions.item.length,
      items: dataset.items.length,
      ...metrics,
      chosen: { models: pipeline.models, recency: pipeline.recency, trees: pipeline.ranker?.trees.roots.length ?? 0 },
    }
  } finally {
    await pool.close()
  }
}

async function prepare(
  dataset: Dataset,
  pipeline: FittedPipeline,
  options: EvaluateOptions,
  pool: KernelPool,
): Promise<Lists> {
  const settings = resolveSettings(options.config)
  const log = dataset.interactions
  const parts = { pipeline, settings, last: null, gate: {}, pool, report: options.report }
  const release = await makeRelease(dataset, parts)
  if (options.releaseDir !== null) await keepRelease(options.releaseDir, release)
  const { manifest, objects, itemNos } = release
  const read = (hash: string) => objects.get(hash)
  if (options.mode === 'device') {
    const device = await openDevice({ manifest, read }, log, itemNos)
    return { model: device.recommend, close: device.close }
  }
  const model = loadModel(manifest, read, { residentItems: Number.POSITIVE_INFINITY })
  const models = await fitModels(dataset, pipeline.models, pool)
  return { model: createExactRecommender(model, models, log, itemNos), close: async () => undefined }
}

/** Writes a release that no key signed, as a first publication. */
async function keepRelease(dir: string, { manifest, objects, registry }: AssembledRelease): Promise<void> {
  const { hash } = objects.addJson(manifest)
  const { site, release } = manifest
  const all = Array.from(objects.entries(), ([name]) => name)
  const file = { v: 1, site, release, manifest: hash, objects: all, publication: 1, pointers: {} } as const
  await writeReleaseDir(dir, objects, registry, file)
}

type Measuring = Pick<EvaluateOptions, 'cutoffs' | 'rankings'> & { readonly onShare: (share: number) => void }

async function measure(
  dataset: Dataset,
  tested: readonly TestUser[],
  recommend: Recommend,
  { cutoffs, rankings, onShare }: Measuring,
) {
  const longest = Math.max(...cutoffs)
  const support = new Float64Array(dataset.items.length)
  for (const item of dataset.interactions.item) support[item]++
  const options = { cutoffs, itemCount: dataset.items.length, popularity: support }
  const model = new MetricsCollector(options)
  const popularity = new MetricsCollector(options)
  const byPopularity = Array.from(support.keys()).sort((a, b) => support[b] - support[a] || a - b)
  const out = rankings === null ? null : createWriteStream(rankings)
  for (const [done, user] of tested.entries()) {
    const list = await recommend({ known: user.known, at: user.at }, longest)
    model.add(list, user.truth)
    const seen = new Set(Array.from(user.known, (row) => dataset.interactions.item[row]))
    popularity.add(firstUnseen(byPopularity, seen, longest), user.truth)
    const line = `${JSON.stringify({ user_id: user.id, items: list.map((item) => dataset.items[item].id) })}\n`
    if (out !== null && !out.write(line)) await once(out, 'drain')
    onShare((done + 1) / tested.length)
  }
  if (out !== null) await new Promise((resolve) => out.end(resolve))
  return { model: model.table(), popularity: popularity.table() }
}

async function measureBaselines(
  dataset: Dataset,
  tested: readonly TestUser[],
  options: EvaluateOptions,
  pool: KernelPool,
): Promise<EvaluateResult['baselines']> {
  const { item: items, order } = dataset.interactions
  const histories = tested.map(({ known }) => known.map((row) => items[row]))
  const longest = Math.max(...options.cutoffs)
  const count = dataset.items.length
  const support = new Float64Array(count)
  for (const item of items) support[item]++
  const tables: Record<string, MetricsTable | { readonly skipped: string }> = {}
  const job = {
    dataset,
    asked: histories,
    order: order === 'none' ? 'ignore' : 'use',
    seed: options.config.seed,
    pool,
  } as const
  for await (const { name, note, scores } of runBaselines(job)) {
    options.report.note(`${name}: ${note}`)
    if (scores === null) {
      tables[name] = { skipped: note }
      continue
    }
    const metrics = new MetricsCollector({ cutoffs: options.cutoffs, itemCount: count, popularity: support })
    tested.forEach(({ truth }, user) => {
      metrics.add(bestOf(scores.subarray(user * count, (user + 1) * count), histories[user], longest), truth)
    })
    tables[name] = metrics.table()
  }
  return tables
}

/** The best items by score, those of the history left out; ties go to the lower index. */
function bestOf(scores: Float32Array, history: Int32Array, count: number): number[] {
  const seen = new Set(history)
  return Array.from(scores.keys())
    .filter((item) => !seen.has(item))
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, count)
}

function firstUnseen(order: readonly number[], seen: ReadonlySet<number>, count: number): number[] {
  const list: number[] = []
  for (const item of order) {
    if (list.length === count) break
    if (!seen.has(item)) list.push(item)
  }
  return list
}
