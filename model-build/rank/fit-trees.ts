import { FEATURE_COUNT, FEATURE_LAYOUT } from '#contract/features'
import { scoreTrees, type TreeEnsemble } from '#contract/trees'
import { addLinearHead } from '#worker/core/ranker'
import { trainLambdaMart } from '../train/lambda-mart.ts'
import { hasGain } from '../train/ranking-metric.ts'
import { JUDGED_AT } from '../train/search.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { evenHead, type LinearHead } from './linear-head.ts'
import type { RankerModel } from './ranker-model.ts'
import type { TrainingGroup } from './training-group.ts'

export type RankerOptions = {
  /** What is trained on the lists. */
  readonly model: RankerModel['kind']
  readonly trees: number
  readonly leaves: number
  readonly learningRate: number
  readonly minLeafRows: number
  /** Share of the features that each tree may use. */
  readonly featureFraction: number
  readonly earlyStoppingRounds: number
  /** Whether trees learn from all lists, their number by cross-validation (five fits); else a quarter of the users judges and teaches nothing. */
  readonly onAll: boolean
  readonly seed: number
  readonly pool: KernelPool
  readonly onProgress?: (done: number, total: number) => void
}

/** Parts that users fall into, to judge what the others taught. */
export const PARTS = 4

/** Lists of the users that judge and do not train, and the others. */
export function partGroups(
  groups: readonly TrainingGroup[],
  part = 0,
): { judging: TrainingGroup[]; training: TrainingGroup[] } {
  const isJudging = ({ user }: TrainingGroup) => user % PARTS === part
  return { judging: groups.filter(isJudging), training: groups.filter((group) => !isJudging(group)) }
}

/** Lists to learn from, and lists that say when to stop. */
export type RankerLists = { readonly training: readonly TrainingGroup[]; readonly watching: readonly TrainingGroup[] }

export type HeadedTrees = { readonly trees: TreeEnsemble; readonly linearHead: LinearHead }

/** With NDCG@20 of the watching lists after each tree. */
export type WatchedTrees = HeadedTrees & { readonly ndcgByTrees: readonly number[] }

/** Trees on what the even blend leaves over, as many as are best on the watching lists, or all of them where nobody watches. */
export async function fitTrees({ training, watching }: RankerLists, options: RankerOptions): Promise<WatchedTrees> {
  const linearHead = evenHead(training)
  const { ensemble, validationNdcg } = await trainLambdaMart(rankingData(training, linearHead), {
    ...options,
    minRowsPerLeaf: options.minLeafRows,
    l2: 1,
    patience: options.earlyStoppingRounds,
    ndcgAt: JUDGED_AT,
    layout: FEATURE_LAYOUT,
    ...(watching.length > 0 ? { validation: rankingData(watching, linearHead) } : {}),
  })
  return { trees: ensemble, linearHead, ndcgByTrees: validationNdcg }
}

/** Scores of a list's candidates under blend and trees. */
export function scorerOf({ trees, linearHead }: HeadedTrees) {
  return ({ features, count }: TrainingGroup): Float32Array =>
    withHead(scoreTrees(trees, features, count), features, linearHead)
}

/** Scores of a list under the head alone. */
export function headScores({ features, count }: TrainingGroup, head: LinearHead): Float32Array {
  return withHead(new Float32Array(count), features, head)
}

/** Adds the head to a model's scores, in place. */
export function withHead(scores: Float32Array, features: Float32Array, head: LinearHead): Float32Array {
  addLinearHead(scores, features, head)
  return scores
}

function rankingData(groups: readonly TrainingGroup[], head: LinearHead) {
  const useful = groups.filter(hasGain)
  const rows = useful.reduce((sum, { count }) => sum + count, 0)
  const gains = new Float32Array(rows)
  const initialScores = new Float32Array(rows)
  const offsets = new Int32Array(useful.length + 1)
  useful.forEach((group, g) => {
    const at = offsets[g]
    gains.set(group.gains, at)
    initialScores.set(headScores(group, head), at)
    offsets[g + 1] = at + group.count
  })
  const pieces = useful.map(({ features }) => features)
  return { pieces, featureCount: FEATURE_COUNT, gains, groups: offsets, initialScores }
}
