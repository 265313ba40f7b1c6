import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Dataset, Interactions } from '../dataset.ts'
import { loadModel } from '../device/resident-model.ts'
import { type ChosenRecency, chooseRecency } from '../fit/choose-recency.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { type CrossFitOptions, crossFit, type Fold } from '../rank/cross-fit.ts'
import { type FittedRanker, judgingGroups } from '../rank/fit-ranker.ts'
import { judgeOutside, type OutsideRanker, readOutsideRanker } from '../rank/outside-ranker.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Visitors } from '../train/validation-users.ts'
import { chooseSecond, triesSequence } from './choose-second.ts'
import { chooseSolves } from './choose-solves.ts'
import { type Effort, effortFor, warmStart } from './effort.ts'
import type { Job } from './job.ts'
import type { WarmStart } from './make-release.ts'
import type { Report } from './progress.ts'
import { type JudgedSecond, judgeSecond, type Lists, rankersOf } from './second-stage.ts'
import type { PipelineSettings } from './settings.ts'

/** Everything that validation decided: how to fit the first stage, and the second stage itself (null without a usable log). */
export type FittedPipeline = {
  readonly models: ModelOptions
  readonly recency: ChosenRecency
  readonly ranker: FittedRanker | null
  /** A ranker trained elsewhere that takes its place; null without one. */
  readonly outside: OutsideRanker | null
  /** What validation found of spaces beside the first. */
  readonly second: JudgedSecond | null
  /** Where a fit on all rows starts. */
  readonly warm?: WarmStart | undefined
}

/** Users with fewer rows say nothing about a held-out part. */
const MIN_USER_ITEMS = 5

/** Lists that the ranker wants at least; users of small logs give several. */
const WANTED_LISTS = 2_000

const MAX_REPEATS = 5

/** Chooses hyper-parameters on users kept apart and trains the ranker on candidates that retrieval really produces for users it has not seen. */
export async function fitPipeline(
  dataset: Dataset,
  settings: PipelineSettings,
  pool: KernelPool,
  report: Report,
): Promise<FittedPipeline> {
  const none: ChosenRecency = { ratio: 1, voterRatio: 1, tried: [] }
  const given = settings.ranker.onnx === '' ? null : await readOutsideRanker(settings.ranker.onnx)
  if (judgedUsers(dataset) < 20)
    return { models: settings.models, recency: none, ranker: null, outside: null, second: null }
  const log = dataset.interactions
  const isLong = triesSequence(dataset, settings) && log.item.length > FOLD_ROWS
  const job: Job = {
    dataset,
    settings,
    effort: withVisitors(withOrder(effortFor(log), isLong), log, settings.visitors),
    pool,
  }
  const chosen = await report.keep('hyper-parameters', () =>
    report.step('choose hyper-parameters', (onShare) => chooseSolves(job, onShare)),
  )
  const second = await report.step('choose second space', (onShare) =>
    chooseSecond({ ...job, models: chosen }, onShare),
  )
  const doubled = { ...chosen, second: second.settings }
  const { recency, fold } = await report.step('choose recency', (onShare) => recencyOf(job, doubled, onShare))
  const models = { ...doubled, ratio: recency.ratio, voterRatio: recency.voterRatio }
  const lists = await report.step('make training lists', (onShare) => groupsOf(job, { models, fold }, onShare))
  const rankers = await report.step('train ranker', (onShare) => rankersOf(job, lists, onShare))
  const judged = judgeSecond(second, rankers, settings)
  const warm = warmStart(fold?.models, job.effort)
  const ships = judged.ships && rankers.with !== null
  const ranker = ships ? rankers.with : rankers.without
  const groups = judgingGroups(ships ? lists.with : lists.without)
  const outside = given === null || ranker === null ? null : await judgeOutside(given, ranker, groups)
  return { models: ships ? models : { ...models, second: null }, recency, ranker, outside, second: judged, warm }
}

/** An encoder of a log with more rows is trained once without some users, not once a fold. */
const FOLD_ROWS = 300_000

function withOrder(effort: Effort, isLong: boolean): Effort {
  return isLong ? { ...effort, folds: 1 } : effort
}

/** Moments of an ordered log that known visitors are asked at; each forgets a fifth of what the one before knew. */
const MOST_MOMENTS = 3

function withVisitors(effort: Effort, { order }: Interactions, visitors: Visitors): Effort {
  return visitors === 'known' && order !== 'none' ? { ...effort, folds: Math.min(effort.folds, MOST_MOMENTS) } : effort
}

function judgedUsers({ interactions: { userOffsets, userCount } }: Dataset): number {
  let users = 0
  for (let user = 0; user < userCount; user++) if (userOffsets[user + 1] - userOffsets[user] >= MIN_USER_ITEMS) users++
  return users
}

function foldsOf(
  { dataset, settings, effort, pool }: Job,
  options: Pick<CrossFitOptions, 'models' | 'folds' | 'onProgress'>,
) {
  const models = effort.foldSweeps === null ? options.models : { ...options.models, sweeps: effort.foldSweeps }
  return crossFit(dataset, {
    ...options,
    models,
    assemble: settings.assemble,
    visitors: settings.visitors,
    heldShare: settings.heldShare,
    maxUsers: Math.min(settings.ranker.maxQueries, effort.listUsers),
    minUserItems: MIN_USER_ITEMS,
    seed: options.models.seed,
    pool,
  })
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

type Given = { readonly models: ModelOptions; readonly fold: Fold | null }

async function groupsOf(job: Job, { models, fold }: Given, onShare: (share: number) => void): Promise<Lists> {
  if (fold !== null) return listsOf(job, { models, fold }, onShare)
  const lists = { with: [] as TrainingGroup[], without: [] as TrainingGroup[] }
  const { folds } = job.effort
  let done = 0
  for await (const next of foldsOf(job, {
    models,
    folds,
    onProgress: (at, share) => onShare((at + share / 2) / folds),
  })) {
    const made = await listsOf(job, { models, fold: next }, (share) => onShare((done + 0.5 + share / 2) / folds))
    lists.with.push(...made.with)
    lists.without.push(...made.without)
    done++
  }
  return lists
}

async function listsOf(
  { dataset, settings }: Job,
  { models, fold }: { readonly models: ModelOptions; readonly fold: Fold },
  onShare: (share: number) => void,
): Promise<Lists> {
  const { manifest, objects, itemNos } = fold.release
  const { ratio, voterRatio } = models
  const [first, ...others] = manifest.spaces
  const spaces = [{ ...first, encoder: { ...first.encoder, ratio } }, ...others] as const
  const parts = { objects: objects.entries(), log: dataset.interactions, itemNos }
  const shared = shareParts({ ...parts, manifest: { ...manifest, spaces, voterRatio } })
  const { heldShare, visitors } = settings
  const wanted = Math.max(1, Math.min(MAX_REPEATS, Math.ceil(WANTED_LISTS / judgedUsers(dataset))))
  const repeats = visitors === 'known' ? 1 : wanted
  const crew = await openCrew(shared, { graphs: false, ranker: false, asked: fold.users.length * repeats })
  try {
    const common = { heldShare, repeats, moment: fold.moment }
    const reads = models.second !== null
    const make = (second: boolean, done: number) =>
      crew.groups(fold.users, { ...common, second }, (share) => onShare(reads ? (done + share) / 2 : share))
    const without = await make(false, 0)
    return { without, with: reads ? await make(true, 1) : [] }
  } finally {
    await crew.close()
  }
}
