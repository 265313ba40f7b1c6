import type { Config } from '../config/schema.ts'
import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset } from '../dataset.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel } from '../device/resident-model.ts'
import { countUsers } from '../fit/fit-models.ts'
import { selectUsers } from '../fit/select-users.ts'
import { type LoadedDataset, loadDataset } from '../ingest/load-dataset.ts'
import { effortFor } from '../pipeline/effort.ts'
import { type FittedPipeline, fitPipeline } from '../pipeline/fit-pipeline.ts'
import { type MadeRelease, makeRelease } from '../pipeline/make-release.ts'
import { type Report, SILENT, type StepTime, timed } from '../pipeline/progress.ts'
import { type PipelineSettings, resolveSettings } from '../pipeline/settings.ts'
import { type RankerSummary, rankerSummary } from '../rank/fit-ranker.ts'
import type { OutsideRanker } from '../rank/outside-ranker.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import { writeReleaseDir } from '../release/release-dir.ts'
import { createKernelPool, type KernelPool } from '../train/thread-pool.ts'
import type { Visitors } from '../train/validation-users.ts'
import type { Respondent } from './desk.ts'
import { createExactRecommender } from './exact-lists.ts'
import { judge } from './judge.ts'
import { type JudgedBaselines, judgeBaselines, type UserNdcg } from './judge-baselines.ts'
import type { Judgement } from './judgement.ts'
import { minSupportCurve } from './min-support.ts'
import { comparePrecision, type PrecisionPart } from './precision.ts'
import { readTestUsers, type TestUser } from './test-users.ts'
import { writeRankings, writeUsers } from './user-lines.ts'

export type EvaluateOptions = {
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly items: readonly string[]
  readonly mode: 'device' | 'exact'
  readonly cutoffs: readonly number[]
  /** Path of the JSON lines file of every list, or null. */
  readonly rankings: string | null
  /** Path of the JSON lines file of every user's NDCG, or null. */
  readonly perUser: string | null
  /** Directory for the release that was measured, unsigned, or null. */
  readonly releaseDir: string | null
  /** Also runs item-kNN, exact EASE and exact iALS. */
  readonly baselines: boolean
  /** Also compares vectors before and after rounding. */
  readonly precision: boolean
  readonly config: Config
  readonly nowMs: number
  readonly report: Report
}

/** What `evaluate` prints: the judgement of the model beside known methods on the same users. */
export type EvaluateResult = {
  readonly mode: 'device' | 'exact'
  readonly order: Dataset['interactions']['order']
  /** Whether models have learnt from what is known of the tested users. */
  readonly visitors: Visitors
  readonly trainUsers: number
  readonly trainRows: number
  readonly items: number
  readonly judgement: Judgement
  /** Empty unless asked for. */
  readonly baselines: JudgedBaselines
  /** Empty unless asked for. */
  readonly precision: readonly PrecisionPart[]
  readonly chosen: Pick<FittedPipeline, 'effort' | 'models' | 'recency' | 'second' | 'tuning'> & {
    readonly ranker: RankerSummary | null
    readonly outsideRanker: OutsideRanker['validation'] | null
  }
  readonly steps: readonly StepTime[]
  /** What reading the train files found. */
  readonly warnings: readonly string[]
}

/** A respondent that must be closed. */
type Open = Respondent & { close(): Promise<void> }

/**
 * Fits on the train files, recommends for every user of the test files with that user's train rows as history (masked), ranks the full
 * catalogue, and judges. Nothing of the test files reaches training.
 */
export async function evaluateFiles(options: EvaluateOptions): Promise<EvaluateResult> {
  const report = timed(options.report)
  const { dataset, report: found } = await report.step('read train files', (onShare) => readTrain(options, onShare))
  const tested = await report.step('read test files', () => readTestUsers(dataset, options))
  const pool = await createKernelPool()
  try {
    const { visitors, learnt } = visitorsOf(dataset, tested)
    const settings = settingsOf(options.config, visitors)
    const pipeline = await fitPipeline(learnt, settings, pool, report)
    const judged = await judgeFitted({ ...options, report }, { dataset, learnt, tested, settings, pipeline, pool })
    return {
      mode: options.mode,
      order: dataset.interactions.order,
      visitors,
      trainUsers: dataset.users.length,
      trainRows: dataset.interactions.item.length,
      items: dataset.items.length,
      ...judged,
      chosen: {
        effort: pipeline.effort,
        models: pipeline.models,
        recency: pipeline.recency,
        second: pipeline.second,
        tuning: pipeline.tuning,
        ranker: rankerSummary(pipeline.ranker),
        outsideRanker: pipeline.outside?.validation ?? null,
      },
      steps: report.steps,
      warnings: [...found.logWarnings, ...supportWarnings(learnt, options.config.release.minSupport)],
    }
  } finally {
    await pool.close()
  }
}

/** Those of a build, but for its limits of time. */
function settingsOf(config: Config, visitors: Visitors): PipelineSettings {
  const settings = resolveSettings(config)
  return { ...settings, visitors, effort: settings.effort === 'auto' ? 'thorough' : settings.effort }
}

/** Where at most this share of the train files' users is tested, they are people held out: nothing learns from them. */
const HELD_OUT_SHARE = 0.25

/** Who is tested, and what models may learn from: few users of many are strangers whose history only a device knows, else everybody's rows count. */
function visitorsOf(dataset: Dataset, tested: readonly TestUser[]): { visitors: Visitors; learnt: Dataset } {
  const ids = new Set(tested.map(({ id }) => id))
  const others = Int32Array.from(dataset.users.keys()).filter((user) => !ids.has(dataset.users[user]))
  const isFew = dataset.users.length - others.length <= HELD_OUT_SHARE * dataset.users.length
  return isFew ? { visitors: 'new', learnt: selectUsers(dataset, others) } : { visitors: 'known', learnt: dataset }
}

/** The rows to fit on, or to know of a visitor. */
export async function readTrain(
  options: Pick<EvaluateOptions, 'train' | 'items' | 'config' | 'nowMs'>,
  onShare: (share: number) => void,
): Promise<LoadedDataset> {
  return loadDataset({
    interactions: options.train,
    items: options.items,
    config: options.config,
    mode: 'drop-nothing',
    nowMs: options.nowMs,
    onProgress: ({ share }) => onShare(share),
  })
}

/** Rows of items with too few people, as a share, that are worth a word. */
const NOTABLE_SHARE = 0.05

function supportWarnings(dataset: Dataset, minSupport: number): string[] {
  const support = countUsers(dataset)
  const rare = dataset.interactions.item.filter((item) => support[item] < minSupport).length
  const share = rare / Math.max(1, dataset.interactions.item.length)
  if (share < NOTABLE_SHARE) return []
  const text = `${(100 * share).toFixed(0)} % of the rows are on items with fewer than ${minSupport} people`
  return [
    `${text}: they get neither voters nor a vector of their own (release.minSupport); --min-support 1 measures without that`,
  ]
}

type Fitted = {
  /** The train files. */
  readonly dataset: Dataset
  /** Of them what models learnt from. */
  readonly learnt: Dataset
  readonly settings: PipelineSettings
  readonly tested: readonly TestUser[]
  readonly pipeline: FittedPipeline
  readonly pool: KernelPool
}

async function judgeFitted(options: EvaluateOptions, fitted: Fitted) {
  const { dataset, learnt, tested, settings, pipeline, pool } = fitted
  const { config, cutoffs, mode, report, rankings } = options
  const log = dataset.interactions
  const effort = effortFor(log, settings.effort)
  const parts = { pipeline, settings, last: null, gate: {}, pool }
  const release = await makeRelease(learnt, { ...parts, report, warm: pipeline.warm })
  if (options.releaseDir !== null) await keepRelease(options.releaseDir, release)
  const isDevice = mode === 'device'
  const respondent = isDevice ? await openDevices(release, dataset, tested.length) : await openExact(release, dataset)
  const common = { dataset: learnt, log, tested, cutoffs, models: release.models, sampledUsers: effort.sampledUsers }
  const onLists = rankings === null ? undefined : writeRankings(rankings, dataset)
  const { judgement, desk, ndcg } = await judge({ ...common, respondent, isDevice, seed: config.seed, report, onLists })
  await respondent.close()
  const curve = { ...parts, report: SILENT, minSupports: effort.minSupports }
  const minSupport = isDevice
    ? await report.step('cost of minSupport', () => minSupportCurve(desk, release, curve))
    : []
  const mean = pipeline.second?.mean?.settings ?? null
  const perUser: UserNdcg = { model: ndcg }
  const baselines = options.baselines
    ? await report.step('run baselines', () =>
        judgeBaselines({ desk, ndcg, pool, mean, visitors: settings.visitors, note: report.note, perUser }),
      )
    : {}
  if (options.perUser !== null) await writeUsers(options.perUser, desk.asked, perUser)
  const precision = options.precision
    ? await report.step('compare precision', async () => comparePrecision(desk, release))
    : []
  return { judgement: { ...judgement, minSupport }, baselines, precision }
}

function openDevices(
  { manifest, objects, itemNos }: MadeRelease,
  { interactions: log }: Dataset,
  asked: number,
): Promise<Open> {
  const shared = shareParts({ manifest, objects: objects.entries(), log, itemNos })
  return openCrew(shared, { graphs: true, ranker: true, asked })
}

async function openExact(made: MadeRelease, { interactions: log }: Dataset): Promise<Open> {
  const { manifest, objects, itemNos, models } = made
  const read = (hash: string) => objects.get(hash)
  const model = loadModel(manifest, read, { residentItems: Number.POSITIVE_INFINITY })
  const encoder = await openEncoder(manifest, read)
  const ranker = await openRanker(model, read)
  const exact = createExactRecommender(model, models, { log, itemNos, encoder, ranker })
  const close = async () => {
    await encoder?.close()
    await ranker?.close?.()
  }
  return { ...exact, close }
}

/** Writes a release that no key signed, as a first publication. */
async function keepRelease(dir: string, { manifest, objects, registry }: AssembledRelease): Promise<void> {
  const { hash } = objects.addJson(manifest)
  const { site, release } = manifest
  const all = Array.from(objects.entries(), ([name]) => name)
  const file = { v: 1, site, release, manifest: hash, objects: all, publication: 1, pointers: {} } as const
  await writeReleaseDir(dir, objects, registry, file)
}
