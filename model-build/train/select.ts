import type { Interactions } from '../dataset.ts'
import { type PaddedRows, padRows, scoreAll } from './dense-scores.ts'
import { gramian, type IalsOptions, type OnProgress, trainIalsOnRows } from './ials.ts'
import { type SparseRows, toSparseRows, transposeRows } from './interaction-matrix.ts'
import { type KernelPool, withPool } from './thread-pool.ts'
import { foldsWanted, holdOutUsers, ndcgOfScores, type ValidationUsers } from './validation-users.ts'
import { type VoterOptions, type Voters, votersOfRows } from './voters.ts'

/** One setting that was tried, with its mean NDCG@20 on validation users. */
export type Trial<P> = { readonly setting: P; readonly ndcg: number }

export type Selection<P> = {
  readonly best: P
  readonly ndcg: number
  /** In the order they were tried. */
  readonly trials: readonly Trial<P>[]
}

export type SelectOptions = {
  readonly seed: number
  readonly order: 'use' | 'ignore'
  /** Work allowed, in floating-point operations; default 6e11, about half a minute on two cores. The same work, the same choice. */
  readonly budget?: number | undefined
  /** Users that judge, default 1,000. */
  readonly maxUsers?: number | undefined
  /** Rows that voters are tried on, default 2,000,000. */
  readonly maxTrainRows?: number | undefined
  readonly pool?: KernelPool
  readonly onProgress?: OnProgress
}

export type IalsSetting = { readonly alpha0: number; readonly reg: number }

const K = 20
const SWEEPS = 8
const ALPHAS: readonly number[] = [0.03, 0.1, 0.3, 1, 3]
const REGS: readonly number[] = [0.0003, 0.001, 0.003, 0.01, 0.03]
const LAMBDAS: readonly number[] = [1, 3, 10, 30, 100, 300, 1000]
/** Items beyond which the item-to-item search looks at one fold only. */
const MANY_ITEMS = 8_000
/** Trials that a search may need. */
const MAX_TRIALS = 14

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
    const budget = options.budget ?? 6e11
    const maxTrainRows = Math.floor(budget / (MAX_TRIALS * SWEEPS * 4 * base.dim ** 2))
    const first = holdOutUsers(log, { ...options, maxTrainRows })
    const rows = toSparseRows(log, { userSubset: first.trainUsers })
    const maxTrials = affordableTrials(rows, base.dim, budget)
    const folds = foldsOf(log, options, { maxTrainRows, affordable: affordableFolds(rows, base.dim, budget) })
    const trials: Trial<IalsSetting>[] = []
    const evaluate = async ([a, r]: readonly [number, number]): Promise<number> => {
      const setting = { alpha0: ALPHAS[a], reg: REGS[r] }
      const job = { ...base, ...setting, sweeps: SWEEPS, seed: options.seed, pool }
      let sum = 0
      for (const split of folds) {
        const { items } = await trainIalsOnRows(toSparseRows(log, { userSubset: split.trainUsers }), job)
        sum += await ndcgOfItems(pool, items, job, split)
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

/** Validation folds: as many as the log needs, if the budget allows. */
function foldsOf(
  log: Interactions,
  options: SelectOptions,
  { maxTrainRows, affordable }: { readonly maxTrainRows: number; readonly affordable: number },
): ValidationUsers[] {
  const count = Math.max(1, Math.min(foldsWanted(log), affordable))
  return Array.from({ length: count }, (_, fold) => holdOutUsers(log, { ...options, maxTrainRows, fold }))
}

function affordableFolds(rows: SparseRows, dim: number, budget: number): number {
  return Math.floor(budget / (MAX_TRIALS * trialWork(rows, dim)))
}

/** Trials of SWEEPS exact sweeps that fit the budget, between 4 and MAX_TRIALS. */
function affordableTrials(rows: SparseRows, dim: number, budget: number): number {
  return Math.max(4, Math.min(MAX_TRIALS, Math.floor(budget / trialWork(rows, dim))))
}

/** Floating-point operations of one trial. */
function trialWork(rows: SparseRows, dim: number): number {
  const solves = (rows.rowCount + rows.columnCount) * (dim ** 3 / 3 + 2 * dim ** 2)
  return SWEEPS * (2 * rows.columns.length * dim ** 2 + solves)
}

/** Walks to a local maximum of a grid, trying each point once and at most `maxTrials` points. */
async function descend(
  { width, height, maxTrials }: { readonly width: number; readonly height: number; readonly maxTrials: number },
  start: readonly [number, number],
  evaluate: (point: readonly [number, number]) => Promise<number>,
): Promise<void> {
  const seen = new Map<number, number>()
  let here = start
  seen.set(start[0] * height + start[1], await evaluate(start))
  for (;;) {
    let next = here
    for (const [da, dr] of [
      [0, -1],
      [0, 1],
      [-1, 0],
      [1, 0],
      [1, -1],
      [-1, 1],
    ] as const) {
      const point = [here[0] + da, here[1] + dr] as const
      if (point[0] < 0 || point[0] >= width || point[1] < 0 || point[1] >= height) continue
      const key = point[0] * height + point[1]
      if (!seen.has(key)) {
        if (seen.size >= maxTrials) return
        seen.set(key, await evaluate(point))
      }
      if ((seen.get(key) ?? 0) > (seen.get(next[0] * height + next[1]) ?? 0)) next = point
    }
    if (next === here) return
    here = next
  }
}

/** Mean NDCG@20 of validation users under iALS trained on the others. */
export function judgeIals(
  log: Interactions,
  split: ValidationUsers,
  options: Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu' | 'seed'> & { readonly pool: KernelPool },
): Promise<number> {
  const { pool } = options
  return pool.scope(async () => {
    const rows = toSparseRows(log, { userSubset: split.trainUsers })
    const { items } = await trainIalsOnRows(rows, { ...options, sweeps: SWEEPS })
    return ndcgOfItems(pool, items, options, split)
  })
}

/** Mean NDCG@20 of validation users folded in against item vectors and ranked over all items. */
async function ndcgOfItems(
  pool: KernelPool,
  items: Float32Array,
  job: Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu'>,
  split: ValidationUsers,
): Promise<number> {
  return pool.scope(async () => {
    const table = padRows(pool, items, job.dim)
    const users = await foldInAll(pool, table, job, split.histories)
    let sum = 0
    await scoreAll(pool, users, table, (u, scores) => {
      sum += ndcgOfScores(scores, split.histories[u], split.truths[u], K)
    })
    return users.count === 0 ? 0 : sum / users.count
  })
}

async function foldInAll(
  pool: KernelPool,
  items: PaddedRows,
  job: Pick<IalsOptions, 'alpha0' | 'reg' | 'nu'>,
  histories: readonly Int32Array[],
): Promise<PaddedRows> {
  const { padded, count } = items
  const gram = await gramian(pool, items.values, { rows: count, padded, scale: job.alpha0 })
  const offsets = pool.i32(histories.length + 1)
  histories.forEach((history, u) => {
    offsets[u + 1] = offsets[u] + history.length
  })
  const columns = pool.i32(offsets[histories.length])
  histories.forEach((history, u) => {
    columns.set(history, offsets[u])
  })
  const regs = pool.f32(histories.length)
  histories.forEach((history, u) => {
    regs[u] = job.reg * (history.length + job.alpha0 * count) ** job.nu
  })
  const users = pool.f32(histories.length * padded)
  const args = [offsets, columns].map((array) => array.byteOffset)
  const rest = [items.values, gram, regs, users].map((array) => array.byteOffset)
  const scratchBytes = 4 * (padded * padded + 140 * padded)
  await pool.run({
    kernel: 'ialsRows',
    tasks: histories.length,
    chunk: 8,
    scratchBytes,
    args: [...args, 0, ...rest, padded],
  })
  return { values: users, count: histories.length, padded }
}

/** Chooses EASE's lambda among 1 … 1000 for the voters that would ship, by hill climbing from 100. Large logs are cut to whole users. */
export function selectVoters(
  log: Interactions,
  options: SelectOptions & Pick<VoterOptions, 'method' | 'minSupport' | 'votersPerItem'>,
): Promise<Selection<{ readonly lambda: number }>> {
  return withPool(options.pool, async (pool) => {
    const folds = foldsOf(log, options, {
      maxTrainRows: options.maxTrainRows ?? 2_000_000,
      affordable: foldsByItems(log),
    })
    const trials: Trial<{ readonly lambda: number }>[] = []
    const evaluate = async ([at]: readonly [number, number]): Promise<number> => {
      const lambda = LAMBDAS[at]
      let sum = 0
      for (const split of folds) {
        const byUser = toSparseRows(log, { userSubset: split.trainUsers, weights: 'none' })
        const scoresOf = createVoterScorer(
          await votersOfRows(pool, byUser, { ...options, lambda, pool }),
          log.itemCount,
        )
        sum += meanOverUsers(split, (u) => scoresOf(split.histories[u]))
      }
      const ndcg = sum / folds.length
      trials.push({ setting: { lambda }, ndcg })
      options.onProgress?.(trials.length, LAMBDAS.length)
      return ndcg
    }
    await descend({ width: LAMBDAS.length, height: 1, maxTrials: MAX_TRIALS }, [4, 0], evaluate)
    return bestOf(trials)
  })
}

/** Folds of the item-to-item search: dense solves of many items are worth one only. */
function foldsByItems(log: Interactions): number {
  return log.itemCount <= MANY_ITEMS ? Number.POSITIVE_INFINITY : 1
}

/** Scores of all items for a history: the sum of each item's voters' weights that are in it. */
function createVoterScorer(voters: Voters, itemCount: number): (history: Int32Array) => Float32Array {
  const { offsets, columns, weights } = transposeRows({
    rowCount: itemCount,
    columnCount: itemCount,
    offsets: voters.offsets,
    columns: voters.source,
    weights: voters.weight,
  })
  return (history) => {
    const scores = new Float32Array(itemCount)
    for (const source of history) {
      for (let k = offsets[source]; k < offsets[source + 1]; k++) scores[columns[k]] += weights?.[k] ?? 0
    }
    return scores
  }
}

function meanOverUsers(split: ValidationUsers, scoresOf: (user: number) => Float32Array): number {
  let sum = 0
  split.histories.forEach((history, u) => {
    sum += ndcgOfScores(scoresOf(u), history, split.truths[u], K)
  })
  return split.histories.length === 0 ? 0 : sum / split.histories.length
}

function bestOf<P>(trials: readonly Trial<P>[]): Selection<P> {
  const best = trials.reduce((top, trial) => (trial.ndcg > top.ndcg ? trial : top))
  return { best: best.setting, ndcg: best.ndcg, trials }
}
