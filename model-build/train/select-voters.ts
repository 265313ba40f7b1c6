import { historyWeights } from '#contract/fold-in'
import type { Interactions } from '../dataset.ts'
import { transposeRows } from './interaction-matrix.ts'
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
import { withPool } from './thread-pool.ts'
import { ndcgOfScores, type ValidationUsers } from './validation-users.ts'
import { type VoterOptions, type Voters, voterRows, votersOfRows } from './voters.ts'

const LAMBDAS: readonly number[] = [1, 3, 10, 30, 100, 300, 1000]

/** Items beyond which the item-to-item search looks at one fold only. */
export const MANY_ITEMS = 8_000

/** What is chosen of voters. */
export type VoterSolve = { readonly lambda: number; readonly against: boolean }

/**
 * Chooses the ridge among 1 … 1000 for the voters that would ship, and whether they may speak against items, by hill climbing from 30 and no. Large logs
 * are cut to whole users.
 */
export function selectVoters(
  log: Interactions,
  options: SelectOptions & Pick<VoterOptions, 'method' | 'minSupport' | 'votersPerItem'>,
): Promise<Selection<VoterSolve>> {
  return withPool(options.pool, async (pool) => {
    const folds = foldsOf(log, options, {
      maxTrainRows: options.maxTrainRows ?? 2_000_000,
      affordable: foldsByItems(log),
    })
    const { method } = options
    const parts = folds.map((split) => ({
      split,
      byUser: voterRows(split.log, { method, userSubset: split.trainUsers }),
    }))
    const trials: Trial<VoterSolve>[] = []
    const evaluate = async ([at, sign]: readonly [number, number]): Promise<number> => {
      const solve = { lambda: LAMBDAS[at], against: sign === 1 }
      let sum = 0
      for (const { split, byUser } of parts) {
        const voters = await votersOfRows(pool, byUser, { ...options, ...solve, pool })
        const scoresOf = createVoterScorer(voters, log.itemCount, options.ratio ?? 1)
        sum += meanOverUsers(split, (u) => scoresOf(split.histories[u]))
      }
      const ndcg = sum / folds.length
      trials.push({ setting: solve, ndcg })
      options.onProgress?.(trials.length, LAMBDAS.length)
      return ndcg
    }
    await descend({ width: LAMBDAS.length, height: 2, maxTrials: MAX_TRIALS }, [3, 0], evaluate)
    return bestOf(trials)
  })
}

/** Folds of the item-to-item search: dense solves of many items are worth one only. */
function foldsByItems(log: Interactions): number {
  return log.itemCount <= MANY_ITEMS ? Number.POSITIVE_INFINITY : 1
}

/** Scores of all items for a history, oldest first: the sum of each item's voters' weights that are in it, fading by `ratio`. */
export function createVoterScorer(
  voters: Voters,
  itemCount: number,
  ratio: number,
): (history: Int32Array) => Float32Array {
  const { offsets, columns, weights } = transposeRows({
    rowCount: itemCount,
    columnCount: itemCount,
    offsets: voters.offsets,
    columns: voters.source,
    weights: voters.weight,
  })
  return (history) => {
    const scores = new Float32Array(itemCount)
    const fading = historyWeights(history.length, ratio)
    for (const [at, source] of history.entries()) {
      const weight = fading[history.length - 1 - at]
      for (let k = offsets[source]; k < offsets[source + 1]; k++) scores[columns[k]] += weight * (weights?.[k] ?? 0)
    }
    return scores
  }
}

function meanOverUsers(split: ValidationUsers, scoresOf: (user: number) => Float32Array): number {
  let sum = 0
  split.histories.forEach((history, u) => {
    sum += ndcgOfScores(scoresOf(u), history, split.truths[u], JUDGED_AT)
  })
  return split.histories.length === 0 ? 0 : sum / split.histories.length
}
