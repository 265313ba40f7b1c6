import type { Config } from '../config/schema.ts'
import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import { effortFor } from '../pipeline/effort.ts'
import { type FittedPipeline, fitPipeline } from '../pipeline/fit-pipeline.ts'
import { type MadeRelease, makeRelease } from '../pipeline/make-release.ts'
import type { Report } from '../pipeline/progress.ts'
import type { PipelineSettings } from '../pipeline/settings.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type MetricsAt, MetricsCollector } from './metrics-table.ts'
import { firstUnseen, popularOrder, supportOf } from './popular-lists.ts'
import { type Split, splitByTime, splitHeldOutUsers, splitLastFraction, splitLeaveLastOut } from './splits.ts'

const CUTOFF = 20

export type SplitMethod = 'time' | 'last' | 'fraction' | 'users' | 'none'

/** What validation chose and how good it is on rows that nothing of it has seen. */
export type SplitResult = {
  readonly method: SplitMethod
  readonly pipeline: FittedPipeline
  /** null when the log is too small to hold anything out. */
  /** What was measured, fitted on the rest of the rows; null with nothing held out. */
  readonly release: MadeRelease | null
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
    return {
      method: 'none',
      pipeline: await fitPipeline(augment(dataset), settings, pool, report),
      release: null,
      metrics: null,
    }
  const train = augment({ ...dataset, interactions: split.train })
  const pipeline = await fitPipeline(train, settings, pool, report)
  const { start } = pipeline
  const release = await makeRelease(train, { pipeline, settings, last: null, gate: {}, pool, report, start })
  const metrics = await report.step('judge on held-out rows', (onShare) => measure(dataset, split, release, onShare))
  return { method, pipeline, release, metrics }
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

async function measure(dataset: Dataset, split: Split, release: MadeRelease, onShare: (share: number) => void) {
  const { manifest, objects, itemNos } = release
  const support = supportOf(split.train)
  const collector = () =>
    new MetricsCollector({ cutoffs: [CUTOFF], itemCount: dataset.items.length, popularity: support })
  const model = collector()
  const popularity = collector()
  const byPopularity = popularOrder(support)
  const every = Math.max(1, Math.ceil(split.testUsers.length / effortFor(dataset.interactions).judgedUsers))
  const asked = Array.from({ length: Math.ceil(split.testUsers.length / every) }, (_, k) => k * every)
  const visits = asked.map((t) => {
    const from = split.historyOffsets[t]
    const known = Int32Array.from({ length: split.historyOffsets[t + 1] - from }, (_, k) => from + k)
    return { known, at: Number.NaN }
  })
  const log = historyLog(split, dataset.interactions)
  const parts = shareParts({ manifest, objects: objects.entries(), log, itemNos })
  const crew = await openCrew(parts, { graphs: true, ranker: true, asked: asked.length })
  const options = { count: CUTOFF, rules: null, withCandidates: false }
  const answers = await crew.answers(visits, options, onShare).finally(() => crew.close())
  for (const [place, t] of asked.entries()) {
    const seen = new Set(split.historyItems.subarray(split.historyOffsets[t], split.historyOffsets[t + 1]))
    const truth = new Set(
      split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1]).filter((item) => !seen.has(item)),
    )
    model.add(answers[place].items, truth)
    popularity.add(firstUnseen(byPopularity, seen, CUTOFF), truth)
  }
  const at = (table: MetricsCollector): MetricsAt => {
    const found = table.table().at.get(CUTOFF)
    if (found === undefined) throw new Error('the collector measures at its cutoff')
    return found
  }
  return { users: model.table().users, model: at(model), popularity: at(popularity) }
}
