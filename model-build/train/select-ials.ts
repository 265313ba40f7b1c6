import { historyWeights } from '#contract/fold-in'
import type { Interactions } from '../dataset.ts'
import { type PaddedRows, padRows, scoreAll } from './dense-scores.ts'
import { gramian, type IalsOptions, trainIalsOnRows } from './ials.ts'
import { type SparseRows, toSparseRows } from './interaction-matrix.ts'
import {
  bestOf,
  descend,
  foldsOf,
  JUDGED_AT,
  MAX_TRIALS,
  type Selection,
  type SelectOptions,
  type Trial,
} from './search.ts'
import { type KernelPool, withPool } from './thread-pool.ts'
import { holdOutUsers, ndcgOfScores, type ValidationUsers } from './validation-users.ts'

export type IalsSetting = { readonly alpha0: number; readonly reg: number }

/** Sweeps of one trial. */
export const TRIAL_SWEEPS = 8

/** Floating-point operations, about half a minute on two cores. */
const DEFAULT_BUDGET = 6e11

const ALPHAS: readonly number[] = [0.03, 0.1, 0.3, 1, 3]
const REGS: readonly number[] = [0.0003, 0.001, 0.003, 0.01, 0.03]

/**
 * Chooses alpha0 and reg of iALS by descent over a logarithmic grid from (0.3, 0.003): neighbours are tried until none is better. Trials use
 * few sweeps and, for large logs, as many users as the budget allows (frequency scaling keeps reg comparable).
 */
export function selectIals(
  log: Interactions,
  base: Pick<IalsOptions, 'dim' | 'nu'>,
  options: SelectOptions,
): Promise<Selection<IalsSetting>> {
  return withPool(options.pool, async (pool) => {
    const budget = options.budget ?? DEFAULT_BUDGET
    const maxTrainRows = affordableRows(budget, base.dim)
    const first = holdOutUsers(log, { ...options, maxTrainRows })
    const rows = toSparseRows(first.log, { userSubset: first.trainUsers })
    const maxTrials = affordableTrials(rows, base.dim, budget)
    const folds = foldsOf(log, options, { maxTrainRows, affordable: affordableFolds(rows, base.dim, budget) })
    const parts = folds.map((split) => ({
      split,
      byUser: toSparseRows(split.log, { userSubset: split.trainUsers }),
    }))
    const trials: Trial<IalsSetting>[] = []
    const evaluate = async ([a, r]: readonly [number, number]): Promise<number> => {
      const setting = { alpha0: ALPHAS[a], reg: REGS[r] }
      const job = { ...base, ...setting, sweeps: TRIAL_SWEEPS, seed: options.seed, pool }
      let sum = 0
      for (const { split, byUser } of parts) {
        const { items } = await trainIalsOnRows(byUser, job)
        sum += await ndcgOfItems(pool, items, { ...job, ratio: options.ratio ?? 1 }, split)
      }
      const ndcg = sum / folds.length
      trials.push({ setting, ndcg })
      options.onProgress?.(trials.length, maxTrials)
      return ndcg
    }
    await descend({ width: ALPHAS.length, height: REGS.length, maxTrials }, [2, 2], evaluate)
    return bestOf(trials)
  })
}

/** Rows that all trials of a search can train on within a budget. */
export function affordableRows(budget: number | undefined, dim: number): number {
  return Math.floor((budget ?? DEFAULT_BUDGET) / (MAX_TRIALS * TRIAL_SWEEPS * 4 * dim ** 2))
}

function affordableFolds(rows: SparseRows, dim: number, budget: number): number {
  return Math.floor(budget / (MAX_TRIALS * trialWork(rows, dim)))
}

/** Trials of TRIAL_SWEEPS exact sweeps that fit the budget, between 4 and MAX_TRIALS. */
function affordableTrials(rows: SparseRows, dim: number, budget: number): number {
  return Math.max(4, Math.min(MAX_TRIALS, Math.floor(budget / trialWork(rows, dim))))
}

/** Floating-point operations of one trial. */
function trialWork(rows: SparseRows, dim: number): number {
  const solves = (rows.rowCount + rows.columnCount) * (dim ** 3 / 3 + 2 * dim ** 2)
  return TRIAL_SWEEPS * (2 * rows.columns.length * dim ** 2 + solves)
}

/** Mean NDCG@20 of validation users under iALS trained on the others. */
export function judgeIals(
  split: ValidationUsers,
  options: Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu' | 'seed'> & { readonly pool: KernelPool },
): Promise<number> {
  const { pool } = options
  return pool.scope(async () => {
    const rows = toSparseRows(split.log, { userSubset: split.trainUsers })
    const { items } = await trainIalsOnRows(rows, { ...options, sweeps: TRIAL_SWEEPS })
    return ndcgOfItems(pool, items, { ...options, ratio: 1 }, split)
  })
}

/** How item vectors were trained and how histories fade, all that a fold-in needs to know. */
export type FoldInJob = Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu'> & { readonly ratio: number }

/** Mean NDCG@20 of validation users folded in against item vectors and ranked over all items. */
async function ndcgOfItems(
  pool: KernelPool,
  items: Float32Array,
  job: FoldInJob,
  { histories, truths }: ValidationUsers,
): Promise<number> {
  let sum = 0
  await scoreHistories(pool, items, { ...job, histories }, (u, scores) => {
    sum += ndcgOfScores(scores, histories[u], truths[u], JUDGED_AT)
  })
  return histories.length === 0 ? 0 : sum / histories.length
}

/** Scores of all items for histories (oldest first) folded in against item vectors; `visit` gets a buffer that is reused. */
export function scoreHistories(
  pool: KernelPool,
  items: Float32Array,
  job: FoldInJob & Pick<ValidationUsers, 'histories'>,
  visit: (user: number, scores: Float32Array) => void,
): Promise<void> {
  return pool.scope(async () => {
    const table = padRows(pool, items, job.dim)
    await scoreAll(pool, await foldInAll(pool, table, job, job.histories), table, visit)
  })
}

async function foldInAll(
  pool: KernelPool,
  items: PaddedRows,
  job: FoldInJob,
  histories: readonly Int32Array[],
): Promise<PaddedRows> {
  const { padded, count } = items
  const gram = await gramian(pool, items.values, { rows: count, padded, scale: job.alpha0 })
  const offsets = pool.i32(histories.length + 1)
  histories.forEach((history, u) => {
    offsets[u + 1] = offsets[u] + history.length
  })
  const columns = pool.i32(offsets[histories.length])
  const weights = pool.f32(offsets[histories.length])
  const regs = pool.f32(histories.length)
  histories.forEach((history, u) => {
    columns.set(history, offsets[u])
    const fading = historyWeights(history.length, job.ratio).reverse()
    weights.set(fading, offsets[u])
    const total = fading.reduce((sum, weight) => sum + weight, 0)
    regs[u] = job.reg * (total + job.alpha0 * count) ** job.nu
  })
  const users = pool.f32(histories.length * padded)
  const args = [offsets, columns, weights].map((array) => array.byteOffset)
  const rest = [items.values, gram, regs, users].map((array) => array.byteOffset)
  const scratchBytes = 4 * (padded * padded + 140 * padded)
  await pool.run({
    kernel: 'ialsRows',
    tasks: histories.length,
    chunk: 8,
    scratchBytes,
    args: [...args, ...rest, padded],
  })
  return { values: users, count: histories.length, padded }
}
