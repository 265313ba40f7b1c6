import type { Dataset } from '../dataset.ts'
import { type ChosenRecency, chooseRecency } from '../fit/choose-recency.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import { collectGroups } from '../rank/collect-groups.ts'
import { type CrossFitOptions, crossFit } from '../rank/cross-fit.ts'
import { type FittedRanker, fitRanker } from '../rank/fit-ranker.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import { selectIals, selectVoters } from '../train/select.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { DENSE_LIMIT } from '../train/voters.ts'
import type { Report } from './progress.ts'
import type { PipelineSettings } from './settings.ts'

/** Everything that validation decided: how to fit the first stage, and the second stage itself (null without a usable log). */
export type FittedPipeline = {
  readonly models: ModelOptions
  readonly recency: ChosenRecency
  readonly ranker: FittedRanker | null
}

/** Users with fewer rows say nothing about a held-out part. */
const MIN_USER_ITEMS = 5

/** Logs with more users than this are cross-fitted once, on a fifth of the users. */
const FOLD_USERS = 20_000

const FOLDS = 4

/** Lists that the ranker wants at least; users of small logs give several. */
const WANTED_LISTS = 4_000

const MAX_REPEATS = 5

const RECENCY_USERS = 300

/** Chooses hyper-parameters on users kept apart and trains the ranker on candidates that retrieval really produces for users it has not seen. */
export async function fitPipeline(
  dataset: Dataset,
  settings: PipelineSettings,
  pool: KernelPool,
  report: Report,
): Promise<FittedPipeline> {
  const log = dataset.interactions
  const none: ChosenRecency = { ratio: 1, voterRatio: 1, tried: [] }
  if (judgedUsers(dataset) < 20) return { models: settings.models, recency: none, ranker: null }
  const common: Omit<CrossFitOptions, 'models'> = {
    assemble: settings.assemble,
    folds: 1,
    maxUsers: settings.ranker.maxQueries,
    minUserItems: MIN_USER_ITEMS,
    seed: settings.models.seed,
    pool,
  }
  const chosen = await report.step('choose hyper-parameters', (onShare) =>
    chooseSolves(dataset, settings.models, pool, onShare),
  )
  const recency = await report.step('choose recency', (onShare) =>
    recencyOf(dataset, { ...common, models: chosen, onProgress: (_fold, share) => onShare(share) }, settings),
  )
  const models = { ...chosen, ratio: recency.ratio, voterRatio: recency.voterRatio }
  const folds = log.userCount > FOLD_USERS ? 1 : FOLDS
  const groups = await report.step('make training lists', (onShare) =>
    groupsOf(
      dataset,
      { ...common, models, folds, onProgress: (fold, share) => onShare((fold + share) / folds) },
      settings,
    ),
  )
  const ranker = await report.step('train ranker', (onShare) =>
    fitRanker(groups, {
      ...settings.ranker,
      seed: models.seed,
      pool,
      onProgress: (done, total) => onShare(done / total),
    }),
  )
  return { models, recency, ranker }
}

async function chooseSolves(
  dataset: Dataset,
  base: ModelOptions,
  pool: KernelPool,
  onShare: (share: number) => void,
): Promise<ModelOptions> {
  const log = dataset.interactions
  const order = log.order === 'none' ? 'ignore' : 'use'
  const common = { seed: base.seed, order, pool } as const
  const ials = await selectIals(log, base, { ...common, onProgress: (done, total) => onShare((0.5 * done) / total) })
  const methods = log.itemCount <= DENSE_LIMIT ? (['sparse', 'ease'] as const) : (['sparse'] as const)
  let best = { ndcg: Number.NEGATIVE_INFINITY, lambda: base.lambda, voterMethod: base.voterMethod }
  for (const [done, voterMethod] of methods.entries()) {
    const onProgress = (part: number, total: number) => onShare(0.5 + (0.5 * (done + part / total)) / methods.length)
    const found = await selectVoters(log, { ...common, method: voterMethod, minSupport: base.minSupport, onProgress })
    if (found.ndcg > best.ndcg) best = { ndcg: found.ndcg, lambda: found.best.lambda, voterMethod }
  }
  return { ...base, ...ials.best, lambda: best.lambda, voterMethod: best.voterMethod }
}

function judgedUsers({ interactions: { userOffsets, userCount } }: Dataset): number {
  let users = 0
  for (let user = 0; user < userCount; user++) if (userOffsets[user + 1] - userOffsets[user] >= MIN_USER_ITEMS) users++
  return users
}

async function recencyOf(
  dataset: Dataset,
  options: CrossFitOptions,
  settings: PipelineSettings,
): Promise<ChosenRecency> {
  if (dataset.interactions.order === 'none') return { ratio: 1, voterRatio: 1, tried: [] }
  for await (const { model, users, itemNos } of crossFit(dataset, options)) {
    return chooseRecency(model, dataset.interactions, {
      users,
      itemNos,
      heldShare: settings.heldShare,
      maxUsers: RECENCY_USERS,
      seed: options.seed,
    })
  }
  return { ratio: 1, voterRatio: 1, tried: [] }
}

async function groupsOf(
  dataset: Dataset,
  options: CrossFitOptions,
  settings: PipelineSettings,
): Promise<TrainingGroup[]> {
  const groups: TrainingGroup[] = []
  const repeats = Math.max(1, Math.min(MAX_REPEATS, Math.ceil(WANTED_LISTS / judgedUsers(dataset))))
  for await (const { model, users, itemNos } of crossFit(dataset, options)) {
    groups.push(
      ...collectGroups(model, dataset.interactions, {
        users,
        itemNos,
        heldShare: settings.heldShare,
        repeats,
        negatives: settings.ranker.negatives,
        seed: options.seed,
      }),
    )
  }
  return groups
}
