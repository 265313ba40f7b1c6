import type { Dataset } from '../dataset.ts'
import { queriesOf } from '../mean/choose-mean.ts'
import { fitMean } from '../mean/fit-mean.ts'
import type { MeanSettings } from '../mean/train-mean.ts'
import { padRows, scoreAll } from '../train/dense-scores.ts'
import { type ColumnVisitor, visitDualColumns, visitPrimalColumns } from '../train/ease.ts'
import { trainIals } from '../train/ials.ts'
import { type SparseRows, toSparseRows, transposeRows } from '../train/interaction-matrix.ts'
import { selectIals } from '../train/select-ials.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { holdOutUsers, ndcgOfScores, type Visitors } from '../train/validation-users.ts'
import { chooseMethod, DENSE_LIMIT } from '../train/voters.ts'
import { createFloatModels } from './float-models.ts'

/** Scores of all items for each asked user, row-major users × items. */
export type BaselineScores = Float32Array

/** A known method to stand beside ours; null where it cannot run on this data (its note says why). */
export type Baseline = { readonly name: string; readonly note: string; readonly scores: BaselineScores | null }

/** Histories to score, item indices. */
type Asked = readonly Int32Array[]

type Job = {
  readonly dataset: Dataset
  readonly asked: Asked
  readonly order: 'use' | 'ignore'
  readonly visitors: Visitors
  readonly seed: number
  readonly pool: KernelPool
  /** What validation chose of the mean space; null where it was not tried. */
  readonly mean: MeanSettings | null
}

const EASE_LAMBDAS = [10, 30, 100, 300, 1000, 3000] as const

const NEIGHBOURS = [20, 100, Number.POSITIVE_INFINITY] as const

/** Runs the baselines one after another: item-kNN, exact EASE, exact iALS and the mean space alone, each tuned on validation users. */
export async function* runBaselines(job: Job): AsyncGenerator<Baseline> {
  const { dataset, asked } = job
  const items = dataset.items.length
  const byUser = toSparseRows(dataset.interactions, { weights: 'none' })
  const neighbours = chooseNeighbours(job)
  yield {
    name: 'item-kNN',
    note: `cosine of co-occurrence, ${Number.isFinite(neighbours) ? `${neighbours} neighbours` : 'all neighbours'} by validation`,
    scores: knnScores(byUser, asked, neighbours),
  }
  if (items <= DENSE_LIMIT || chooseMethod('auto', byUser) !== 'sparse') {
    const lambda = await chooseLambda(job)
    yield {
      name: 'EASE',
      note: `exact, lambda ${lambda} by validation`,
      scores: await easeScores(byUser, asked, lambda, job.pool),
    }
  } else yield { name: 'EASE', note: `skipped: more than ${DENSE_LIMIT} items`, scores: null }
  const { best } = await selectIals(
    dataset.interactions,
    { dim: 64, nu: 1 },
    { seed: job.seed, order: job.order, visitors: job.visitors, pool: job.pool },
  )
  yield {
    name: 'iALS',
    note: `exact, d = 64, alpha0 ${best.alpha0}, reg ${best.reg} by validation`,
    scores: await ialsScores(job, best),
  }
  if (job.mean === null) return
  const { shown, ratio, epochs } = job.mean
  yield {
    name: 'mean',
    note: `the mean space alone, d = 64, ${epochs} epochs, shown ${shown}, ratio ${ratio} by validation`,
    scores: await meanScores(job, job.mean),
  }
}

async function meanScores({ dataset, asked, seed, pool }: Job, settings: MeanSettings): Promise<BaselineScores> {
  const log = dataset.interactions
  const everything = new Uint8Array(log.itemCount).fill(1)
  const model = await fitMean(log, everything, { ...settings, dim: 64, seed, pool, start: undefined })
  const scores = new Float32Array(asked.length * log.itemCount)
  await pool.scope(async () => {
    const users = padRows(pool, queriesOf(asked, model), model.dim)
    await scoreAll(pool, users, padRows(pool, model.items, model.dim), (user, own) => {
      scores.set(own, user * log.itemCount)
    })
  })
  return scores
}

/** Cosine of the users of two items; each candidate listens to its nearest items alone. */
function knnScores(byUser: SparseRows, asked: Asked, neighbours: number): BaselineScores {
  const byItem = transposeRows(byUser)
  const items = byItem.rowCount
  const users = positionsOf(asked, items)
  const scores = new Float32Array(asked.length * items)
  const counts = new Float32Array(items)
  const size = (item: number) => byItem.offsets[item + 1] - byItem.offsets[item]
  for (let item = 0; item < items; item++) {
    const touched: number[] = []
    for (let k = byItem.offsets[item]; k < byItem.offsets[item + 1]; k++) {
      const user = byItem.columns[k]
      for (let j = byUser.offsets[user]; j < byUser.offsets[user + 1]; j++) {
        const other = byUser.columns[j]
        if (counts[other]++ === 0 && other !== item) touched.push(other)
      }
    }
    for (const source of touched) counts[source] /= Math.sqrt(size(item) * size(source))
    if (touched.length > neighbours) touched.sort((a, b) => counts[b] - counts[a] || a - b)
    touched.slice(0, neighbours).forEach((source) => {
      for (const user of users[source]) scores[user * items + item] += counts[source]
    })
    for (const source of touched) counts[source] = 0
    counts[item] = 0
  }
  return scores
}

function chooseNeighbours(job: Job): number {
  const { byUser, histories, truths } = validation(job)
  let best = { neighbours: Number.POSITIVE_INFINITY as number, ndcg: -1 }
  for (const neighbours of NEIGHBOURS) {
    const ndcg = meanNdcg(knnScores(byUser, histories, neighbours), histories, truths)
    if (ndcg > best.ndcg) best = { neighbours, ndcg }
  }
  return best.neighbours
}

/** Users kept apart to tune on; fewer where score matrices would not fit. */
function validation({ dataset, order, visitors, seed }: Job) {
  const maxUsers = Math.min(1000, Math.ceil(2 ** 27 / dataset.items.length))
  const { log, trainUsers, histories, truths } = holdOutUsers(dataset.interactions, {
    seed,
    order,
    visitors,
    maxUsers,
  })
  return { byUser: toSparseRows(log, { userSubset: trainUsers, weights: 'none' }), histories, truths }
}

/** Mean NDCG@20 of a score matrix. */
function meanNdcg(scores: BaselineScores, histories: readonly Int32Array[], truths: readonly Int32Array[]): number {
  const items = scores.length / Math.max(1, histories.length)
  return truths.reduce(
    (sum, truth, user) =>
      sum + ndcgOfScores(scores.subarray(user * items, (user + 1) * items), histories[user], truth, 20),
    0,
  )
}

function easeScores(byUser: SparseRows, asked: Asked, lambda: number, pool: KernelPool): Promise<BaselineScores> {
  const items = byUser.columnCount
  const users = positionsOf(asked, items)
  const scores = new Float32Array(asked.length * items)
  const visit: ColumnVisitor = (item, weights, sources) => {
    for (let k = 0; k < weights.length; k++) {
      const source = sources === undefined ? k : sources[k]
      if (source !== item) for (const user of users[source]) scores[user * items + item] += weights[k]
    }
  }
  const solve = chooseMethod('ease', byUser) === 'ease-dual' ? visitDualColumns : visitPrimalColumns
  return solve({ pool, byUser, byItem: transposeRows(byUser), lambda, onProgress: undefined }, visit).then(() => scores)
}

async function chooseLambda(job: Job): Promise<number> {
  const { byUser, histories, truths } = validation(job)
  let best = { lambda: EASE_LAMBDAS[0] as number, ndcg: -1 }
  for (const lambda of EASE_LAMBDAS) {
    const ndcg = meanNdcg(await easeScores(byUser, histories, lambda, job.pool), histories, truths)
    if (ndcg > best.ndcg) best = { lambda, ndcg }
  }
  return best.lambda
}

async function ialsScores(
  { dataset, asked, seed, pool }: Job,
  { alpha0, reg }: { alpha0: number; reg: number },
): Promise<BaselineScores> {
  const log = dataset.interactions
  const { items: vectors } = await trainIals(log, { dim: 64, alpha0, reg, nu: 1, sweeps: 16, seed, pool })
  const encoder = { type: 'ridge', alpha0, reg, nu: 1, itemCount: log.itemCount, ratio: 1 } as const
  const none = {
    offsets: new Int32Array(log.itemCount + 1),
    source: new Int32Array(0),
    weight: new Float32Array(0),
    method: 'sparse',
  } as const
  const hasEvidence = new Uint8Array(log.itemCount).fill(1)
  const scoresOf = createFloatModels({
    dim: 64,
    vectors,
    contentRidge: null,
    hasEvidence,
    voters: none,
    encoder,
    voterRatio: 1,
    minSupport: 1,
    second: null,
    ordered: false,
    timed: false,
  })
  const scores = new Float32Array(asked.length * log.itemCount)
  asked.forEach((history, user) => {
    scores.set(scoresOf(Array.from(history), 0).dotRecent, user * log.itemCount)
  })
  return scores
}

/** For each item the asked users who have it. */
function positionsOf(asked: Asked, items: number): number[][] {
  const users: number[][] = Array.from({ length: items }, () => [])
  asked.forEach((history, user) => {
    for (const item of history) users[item].push(user)
  })
  return users
}
