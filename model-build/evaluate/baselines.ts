import type { Dataset } from '../dataset.ts'
import { type ColumnVisitor, visitDualColumns, visitPrimalColumns } from '../train/ease.ts'
import { trainIals } from '../train/ials.ts'
import { type SparseRows, toSparseRows, transposeRows } from '../train/interaction-matrix.ts'
import { createRandom, shuffle } from '../train/random.ts'
import { selectIals } from '../train/select.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { holdOutUsers, ndcgOfScores } from '../train/validation-users.ts'
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
  readonly seed: number
  readonly pool: KernelPool
}

/** Score matrices beyond this many cells are not made. */
const MAX_CELLS = 2 ** 29

const EASE_LAMBDAS = [30, 100, 300, 1000] as const

/** Runs the baselines one after another: random, item-kNN, exact EASE and exact iALS, the last two tuned on validation users. */
export async function* runBaselines(job: Job): AsyncGenerator<Baseline> {
  const { dataset, asked } = job
  const items = dataset.items.length
  if (items * asked.length > MAX_CELLS) return
  yield { name: 'random', note: 'a seeded shuffle per user', scores: randomScores(job, items) }
  const byUser = toSparseRows(dataset.interactions, { weights: 'none' })
  yield { name: 'item-kNN', note: 'cosine of co-occurrence, all neighbours', scores: knnScores(byUser, asked) }
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
    { seed: job.seed, order: job.order, pool: job.pool },
  )
  yield {
    name: 'iALS',
    note: `exact, d = 64, alpha0 ${best.alpha0}, reg ${best.reg} by validation`,
    scores: await ialsScores(job, best),
  }
}

function randomScores({ asked, seed }: Job, items: number): BaselineScores {
  const scores = new Float32Array(asked.length * items)
  asked.forEach((_, user) => {
    const order = Int32Array.from({ length: items }, (_unused, item) => item)
    shuffle(order, createRandom(seed * 7919 + user))
    for (let rank = 0; rank < items; rank++) scores[user * items + order[rank]] = -rank
  })
  return scores
}

function knnScores(byUser: SparseRows, asked: Asked): BaselineScores {
  const byItem = transposeRows(byUser)
  const items = byItem.rowCount
  const users = positionsOf(asked, items)
  const scores = new Float32Array(asked.length * items)
  const counts = new Float32Array(items)
  const size = (item: number) => byItem.offsets[item + 1] - byItem.offsets[item]
  for (let item = 0; item < items; item++) {
    counts.fill(0)
    for (let k = byItem.offsets[item]; k < byItem.offsets[item + 1]; k++) {
      const user = byItem.columns[k]
      for (let j = byUser.offsets[user]; j < byUser.offsets[user + 1]; j++) counts[byUser.columns[j]]++
    }
    for (let source = 0; source < items; source++) {
      if (counts[source] === 0 || source === item) continue
      const weight = counts[source] / Math.sqrt(size(item) * size(source))
      for (const user of users[source]) scores[user * items + item] += weight
    }
  }
  return scores
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

async function chooseLambda({ dataset, order, seed, pool }: Job): Promise<number> {
  const { trainUsers, histories, truths } = holdOutUsers(dataset.interactions, { seed, order })
  const byUser = toSparseRows(dataset.interactions, { userSubset: trainUsers, weights: 'none' })
  const items = byUser.columnCount
  let best = { lambda: EASE_LAMBDAS[0] as number, ndcg: -1 }
  for (const lambda of EASE_LAMBDAS) {
    const scores = await easeScores(byUser, histories, lambda, pool)
    let ndcg = 0
    truths.forEach((truth, user) => {
      ndcg += ndcgOfScores(scores.subarray(user * items, (user + 1) * items), histories[user], truth, 20)
    })
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
    hasEvidence,
    voters: none,
    encoder,
    voterRatio: 1,
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
