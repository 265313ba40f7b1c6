import type { Config } from '../config/schema.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import { type FittedPipeline, fitPipeline } from '../pipeline/fit-pipeline.ts'
import { makeRelease } from '../pipeline/make-release.ts'
import type { Report } from '../pipeline/progress.ts'
import type { PipelineSettings } from '../pipeline/settings.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { openDevice } from './device-lists.ts'
import { type MetricsAt, MetricsCollector } from './metrics-table.ts'
import { type Split, splitByTime, splitHeldOutUsers, splitLastFraction, splitLeaveLastOut } from './splits.ts'

const CUTOFF = 20

/** Test users that are asked at most; more change the third digit only. */
const MAX_TEST_USERS = 5_000

export type SplitMethod = 'time' | 'last' | 'fraction' | 'users' | 'none'

/** What validation chose and how good it is on rows that nothing of it has seen. */
export type SplitResult = {
  readonly method: SplitMethod
  readonly pipeline: FittedPipeline
  /** null when the log is too small to hold anything out. */
  readonly metrics: { readonly users: number; readonly model: MetricsAt; readonly popularity: MetricsAt } | null
}

type SplitOptions = {
  readonly config: Config
  readonly settings: PipelineSettings
  readonly pool: KernelPool
  readonly report: Report
  /** Adds rows to what models learn from; see BuildParts. */
  readonly augment?: (dataset: Dataset) => Dataset
}

/**
 * Holds rows out (by time, by order or by users, as the log allows), fits everything on the rest, and measures what a device
 * would recommend against the most popular items. The chosen settings then serve for the release.
 */
export async function evaluateSplit(dataset: Dataset, options: SplitOptions): Promise<SplitResult> {
  const { config, settings, pool, report, augment = (same: Dataset) => same } = options
  const method = methodOf(dataset.interactions, config)
  const split = method === 'none' ? null : splitOf(dataset.interactions, method, config)
  if (split === null || split.testUsers.length === 0)
    return { method: 'none', pipeline: await fitPipeline(augment(dataset), settings, pool, report), metrics: null }
  const train = augment({ ...dataset, interactions: split.train })
  const pipeline = await fitPipeline(train, settings, pool, report)
  const { manifest, objects, itemNos } = await makeRelease(train, {
    pipeline,
    settings,
    last: null,
    gate: {},
    pool,
    report,
  })
  const device = await openDevice(
    { manifest, read: (hash) => objects.get(hash) },
    historyLog(split, dataset.interactions),
    itemNos,
  )
  const metrics = await report.step('judge on held-out rows', (onShare) =>
    measure(dataset, split, device.recommend, onShare),
  )
  await device.close()
  return { method, pipeline, metrics }
}

function methodOf(log: Interactions, config: Config): SplitMethod {
  if (log.item.length < 200) return 'none'
  if (config.split.method !== 'auto') return config.split.method
  return log.order === 'time' ? 'time' : log.order === 'order' ? 'fraction' : 'users'
}

/** Cuts a log by the configured shares. */
export function splitOf(log: Interactions, method: Exclude<SplitMethod, 'none'>, { split, seed }: Config): Split {
  const { testShare, minUserItems, heldOutUsers } = split
  if (method === 'time') return splitByTime(log, { testShare })
  if (method === 'last') return splitLeaveLastOut(log, { minUserItems })
  if (method === 'fraction') return splitLastFraction(log, { testShare, minUserItems })
  return splitHeldOutUsers(log, { users: heldOutUsers, testShare, minUserItems, seed })
}

/** The histories of tested users as a log of their own, user t being the t-th tested one. */
function historyLog(split: Split, log: Interactions): Interactions {
  return {
    userCount: split.testUsers.length,
    itemCount: log.itemCount,
    userOffsets: split.historyOffsets,
    item: split.historyItems,
    weight: new Float32Array(split.historyItems.length).fill(1),
    at: new Float64Array(split.historyItems.length).fill(Number.NaN),
    order: log.order,
  }
}

type Recommend = Awaited<ReturnType<typeof openDevice>>['recommend']

async function measure(dataset: Dataset, split: Split, recommend: Recommend, onShare: (share: number) => void) {
  const support = new Float64Array(dataset.items.length)
  for (const item of split.train.item) support[item]++
  const collector = () =>
    new MetricsCollector({ cutoffs: [CUTOFF], itemCount: dataset.items.length, popularity: support })
  const model = collector()
  const popularity = collector()
  const byPopularity = Array.from(support.keys()).sort((a, b) => support[b] - support[a] || a - b)
  const every = Math.max(1, Math.ceil(split.testUsers.length / MAX_TEST_USERS))
  for (let t = 0; t < split.testUsers.length; t += every) {
    const from = split.historyOffsets[t]
    const known = Int32Array.from({ length: split.historyOffsets[t + 1] - from }, (_, k) => from + k)
    const seen = new Set(split.historyItems.subarray(from, split.historyOffsets[t + 1]))
    const truth = new Set(
      split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1]).filter((item) => !seen.has(item)),
    )
    model.add(await recommend({ known, at: Number.NaN }, CUTOFF), truth)
    popularity.add(byPopularity.filter((item) => !seen.has(item)).slice(0, CUTOFF), truth)
    onShare((t + 1) / split.testUsers.length)
  }
  const at = (table: MetricsCollector): MetricsAt => {
    const found = table.table().at.get(CUTOFF)
    if (found === undefined) throw new Error('the collector measures at its cutoff')
    return found
  }
  return { users: model.table().users, model: at(model), popularity: at(popularity) }
}
