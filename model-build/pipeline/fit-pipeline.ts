import type { Dataset, Interactions } from '../dataset.ts'
import { loadModel } from '../device/resident-model.ts'
import { type ChosenRecency, chooseRecency } from '../fit/choose-recency.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import type { Fold } from '../rank/cross-fit.ts'
import { type FittedRanker, judgingGroups } from '../rank/fit-ranker.ts'
import { judgeOutside, type OutsideRanker, readOutsideRanker } from '../rank/outside-ranker.ts'
import { rowGains } from '../rank/row-gains.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Visitors } from '../train/validation-users.ts'
import { tuneFirstStage } from '../tune/tune-first-stage.ts'
import type { TunedStage, Tuning } from '../tune/tuning.ts'
import { chooseSecond, triesNetwork } from './choose-second.ts'
import { chooseSolves, trialRatio } from './choose-solves.ts'
import { confirmFirstStage } from './confirm-first-stage.ts'
import { type Effort, effortFor, warmStart } from './effort.ts'
import type { Job } from './job.ts'
import type { WarmStart } from './make-release.ts'
import type { Report } from './progress.ts'
import { decideSecond, type JudgedSecond, rankerOptions, secondStageOf } from './second-stage.ts'
import type { PipelineSettings } from './settings.ts'
import { foldsOf, groupsOf, judgedUsers } from './training-lists.ts'

/** Everything that validation decided: how to fit the first stage, and the second stage itself (null without a usable log). */
export type FittedPipeline = {
  /** How much of the log it looked at. */
  readonly effort: Effort['name']
  readonly models: ModelOptions
  readonly recency: ChosenRecency
  readonly ranker: FittedRanker | null
  /** A ranker trained elsewhere that takes its place; null without one. */
  readonly outside: OutsideRanker | null
  /** What validation found of spaces beside the first. */
  readonly second: JudgedSecond | null
  /** What a search beyond the usual choices found; null where none was asked for. */
  readonly tuning: Tuning | null
  /** Where a fit on all rows starts. */
  readonly warm?: WarmStart | undefined
}

/** Chooses hyper-parameters on users kept apart and trains the ranker on candidates that retrieval really produces for users it has not seen. */
export async function fitPipeline(
  dataset: Dataset,
  settings: PipelineSettings,
  pool: KernelPool,
  report: Report,
): Promise<FittedPipeline> {
  const none: ChosenRecency = { ratio: 1, voterRatio: 1, tried: [] }
  const given = settings.ranker.onnx === '' ? null : await readOutsideRanker(settings.ranker.onnx)
  const effort = effortOf(dataset, settings)
  const { name } = effort
  if (judgedUsers(dataset) < 20) return { effort: name, models: settings.models, recency: none, ...NO_RANKER }
  const job: Job = { dataset, settings, gains: rowGains(dataset, settings.ranker.objectives), effort, pool }
  const first = await firstStageOf(job, report)
  const second = await report.step('choose second space', (onShare) =>
    chooseSecond({ ...job, models: first.models }, onShare),
  )
  const doubled = { ...first.models, second: second.settings }
  const { recency, fold } = await report.step('choose recency', (onShare) => recencyOf(job, doubled, onShare))
  const models = { ...doubled, ratio: recency.ratio, voterRatio: recency.voterRatio }
  const lists = await report.step('make training lists', (onShare) =>
    groupsOf(job, { models, fold, decide: (some) => decideSecond(job, second, some) }, onShare),
  )
  const { ranker, judged, groups, tuned } = await secondStageOf(job, { second, lists, isOwn: given === null }, report)
  const outside =
    given === null || ranker === null
      ? null
      : await judgeOutside(given, ranker, judgingGroups(groups, rankerOptions(job)))
  const warm = warmStart(fold?.models, job.effort)
  const tuning = first.tuned === null ? null : { firstStage: first.tuned, ranker: tuned }
  const shipped = judged.ships ? models : { ...models, second: null }
  return { effort: name, models: shipped, recency, ranker, outside, second: judged, tuning, warm }
}

const NO_RANKER = { ranker: null, outside: null, second: null, tuning: null } as const

type ChosenFirstStage = { readonly models: ModelOptions; readonly tuned: TunedStage | null }

async function firstStageOf(job: Job, report: Report): Promise<ChosenFirstStage> {
  const models = await report.keep('hyper-parameters', () =>
    report.step('choose hyper-parameters', (onShare) => chooseSolves(job, onShare)),
  )
  if (!job.settings.isTuned) return { models, tuned: null }
  const found = await tuneFirstStage({ ...job, models, ratio: trialRatio(job.dataset.interactions) }, report)
  return confirmFirstStage(job, models, found, report)
}

/** An encoder of a log with more rows is trained once without some users, not once a fold. */
const FOLD_ROWS = 300_000

function effortOf(dataset: Dataset, settings: PipelineSettings): Effort {
  const log = dataset.interactions
  const isLong = triesNetwork(dataset, settings) && log.item.length > FOLD_ROWS
  return withVisitors(withOrder(effortFor(log, settings.effort), isLong), log, settings.visitors)
}

function withOrder(effort: Effort, isLong: boolean): Effort {
  return isLong ? { ...effort, folds: 1 } : effort
}

/** Moments of an ordered log that known visitors are asked at; each forgets a fifth of what the one before knew. */
const MOST_MOMENTS = 3

function withVisitors(effort: Effort, { order }: Interactions, visitors: Visitors): Effort {
  return visitors === 'known' && order !== 'none' ? { ...effort, folds: Math.min(effort.folds, MOST_MOMENTS) } : effort
}

/** The chosen recency and, where one fold is all that lists are made from, that fold. */
async function recencyOf(
  job: Job,
  models: ModelOptions,
  onShare: (share: number) => void,
): Promise<{ recency: ChosenRecency; fold: Fold | null }> {
  const { dataset, settings, effort } = job
  const log = dataset.interactions
  const none: ChosenRecency = { ratio: 1, voterRatio: 1, tried: [] }
  const isReused = effort.folds === 1
  if (log.order === 'none' && !isReused) return { recency: none, fold: null }
  const given = isReused ? models : { ...models, second: null }
  const folds = foldsOf(job, { models: given, folds: 1, onProgress: (_fold, share) => onShare(share) })
  for await (const fold of folds) {
    const { manifest, objects, itemNos } = fold.release
    const recency = chooseRecency(
      loadModel(manifest, (hash) => objects.get(hash)),
      log,
      {
        users: fold.users,
        itemNos,
        heldShare: settings.heldShare,
        maxUsers: effort.recencyUsers,
        halfLives: settings.halfLives,
        seed: models.seed,
      },
    )
    return { recency, fold: isReused ? fold : null }
  }
  return { recency: none, fold: null }
}
