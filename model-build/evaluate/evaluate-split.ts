import type { Config } from '../config/schema.ts'
import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import { pickSignals } from '../fit/select-users.ts'
import { type Effort, effortFor } from '../pipeline/effort.ts'
import { type FittedPipeline, fitPipeline } from '../pipeline/fit-pipeline.ts'
import { type MadeRelease, makeRelease } from '../pipeline/make-release.ts'
import { type Report, SILENT } from '../pipeline/progress.ts'
import type { PipelineSettings } from '../pipeline/settings.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { judge } from './judge.ts'
import type { Judgement } from './judgement.ts'
import { minSupportCurve } from './min-support.ts'
import {
  type Split,
  splitByTime,
  splitColdItems,
  splitHeldOutUsers,
  splitLastFraction,
  splitLeaveLastOut,
} from './splits.ts'
import type { TestUser } from './test-users.ts'

const CUTOFFS = [10, 20] as const

export type SplitMethod = 'time' | 'last' | 'fraction' | 'users' | 'items' | 'none'

/** What validation chose and how good it is on rows that nothing of it has seen. */
export type SplitResult = {
  readonly method: SplitMethod
  readonly pipeline: FittedPipeline
  /** What was measured: models fitted on the rest of the rows; null with nothing held out. */
  readonly models: FittedModels | null
  /** null when the log is too small to hold anything out. */
  readonly judgement: Judgement | null
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
 * Holds rows out (by time, by order or by users, as the log allows), fits everything on the rest, and judges what a device
 * would recommend. The chosen settings then serve for the release.
 */
export async function evaluateSplit(dataset: Dataset, options: SplitOptions): Promise<SplitResult> {
  const { config, settings, pool, report, augment = (same: Dataset) => same } = options
  const method = methodOf(dataset.interactions, config)
  const split = method === 'none' ? null : splitOf(dataset.interactions, method, config)
  if (split === null || split.testUsers.length === 0) {
    const pipeline = await fitPipeline(augment(dataset), settings, pool, report)
    return { method: 'none', pipeline, models: null, judgement: null }
  }
  const train = augment(trainPart(dataset, split, method))
  const pipeline = await report.keep('pipeline', () => fitPipeline(train, settings, pool, report))
  const parts = { pipeline, settings, last: null, gate: {}, pool }
  const judging: Report = {
    ...report,
    step: (name, run) => report.step(`${name} to judge`, run),
    keep: (name, make) => report.keep(`${name} to judge`, make),
  }
  const release = await makeRelease(train, { ...parts, report: judging, warm: pipeline.warm })
  const effort = effortFor(dataset.interactions, settings.effort)
  const judgement = await report.keep('judgement', async () => {
    const judged = await judgeSplit({ dataset, split, release, effort, seed: config.seed, report })
    const curve = { ...parts, report: SILENT, minSupports: effort.minSupports }
    const minSupport = await report.step('cost of minSupport', () =>
      minSupportCurve({ ...judged.desk, dataset: train }, release, curve),
    )
    return { ...judged.judgement, minSupport }
  })
  return { method, pipeline, models: release.models, judgement }
}

function methodOf(log: Interactions, config: Config): SplitMethod {
  if (log.item.length < 200) return 'none'
  if (config.split.method !== 'auto') return config.split.method
  return log.order === 'time' ? 'time' : log.order === 'order' ? 'fraction' : 'users'
}

/** Cuts a log by the configured shares. */
export function splitOf(log: Interactions, method: Exclude<SplitMethod, 'none'>, { split, seed }: Config): Split {
  const { testShare, minUserItems, heldOutUsers, fold } = split
  if (method === 'time') return splitByTime(log, { testShare })
  if (method === 'last') return splitLeaveLastOut(log, { minUserItems, seed })
  if (method === 'fraction') return splitLastFraction(log, { testShare, minUserItems, seed })
  if (method === 'items') return splitColdItems(log, { testShare, seed })
  return splitHeldOutUsers(log, { users: heldOutUsers, testShare, minUserItems, seed, fold })
}

/** A dataset without what is tested on: held-out rows, and signals of the same people and items or of later times. */
export function trainPart(dataset: Dataset, split: Split, method: SplitMethod): Dataset {
  const { signals, items } = dataset
  const train = { ...dataset, interactions: split.train }
  if (signals === undefined) return train
  const held = new Set<number>()
  split.testUsers.forEach((user, t) => {
    for (let k = split.testOffsets[t]; k < split.testOffsets[t + 1]; k++)
      held.add(user * items.length + split.testItems[k])
  })
  const first = method === 'time' ? split.testAt.reduce((least, at) => Math.min(least, at), Infinity) : Infinity
  const isOpen = (at: number) =>
    !(signals.at[at] >= first) && !held.has(signals.user[at] * items.length + signals.item[at])
  return { ...train, signals: pickSignals(signals, isOpen) }
}

type Judging = {
  readonly dataset: Dataset
  readonly split: Split
  readonly release: MadeRelease
  readonly effort: Effort
  readonly seed: number
  readonly report: Report
}

async function judgeSplit({ dataset, split, release, effort, seed, report }: Judging) {
  const { manifest, objects, itemNos, models } = release
  const log = historyLog(split, dataset.interactions)
  const tested = testedUsers(split, effort.judgedUsers)
  const shared = shareParts({ manifest, objects: objects.entries(), log, itemNos })
  const crew = await openCrew(shared, { graphs: true, ranker: true, asked: tested.length })
  const common = { cutoffs: CUTOFFS, isDevice: true, sampledUsers: effort.sampledUsers, seed, report }
  return judge({
    ...common,
    dataset: { ...dataset, interactions: split.train },
    log,
    tested,
    respondent: crew,
    models,
  }).finally(() => crew.close())
}

/** Every n-th tested user, so many as are wanted; items of the history are not looked for again. */
function testedUsers(split: Split, wanted: number): TestUser[] {
  const every = Math.max(1, Math.ceil(split.testUsers.length / wanted))
  return Array.from({ length: Math.ceil(split.testUsers.length / every) }, (_, place) => {
    const t = place * every
    const from = split.historyOffsets[t]
    const to = split.historyOffsets[t + 1]
    const known = Int32Array.from({ length: to - from }, (_unused, k) => from + k)
    const seen = new Set(split.historyItems.subarray(from, to))
    const items = split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1])
    return { id: String(t), known, at: Number.NaN, truth: new Set(items.filter((item) => !seen.has(item))) }
  })
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
