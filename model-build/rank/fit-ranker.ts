import { FEATURE_COUNT } from '#contract/features'
import type { DcnScorer } from '../dcn/dcn-model.ts'
import { type RankingList, trainDcn } from '../dcn/train-dcn.ts'
import { JUDGED_AT } from '../train/search.ts'
import {
  fitTrees,
  type HeadedTrees,
  headScores,
  partGroups,
  type RankerLists,
  type RankerOptions,
  withHead,
} from './fit-trees.ts'
import { evenHead, type LinearHead } from './linear-head.ts'
import { type RankerModel, scoreLists } from './ranker-model.ts'
import { fitSlope } from './slope.ts'
import { meanNdcg, type TrainingGroup } from './training-group.ts'
import { judgeTreesOnAll } from './trees-on-all.ts'

/**
 * A fitted second stage with what validation said of its parts: NDCG@20 on groups of users that no part has seen. Nothing of the head is fitted, so that
 * `headOnAll`, over all groups, judges it by as many as there are.
 */
export type FittedRanker = {
  readonly model: RankerModel
  readonly linearHead: LinearHead
  readonly validation: {
    readonly head: number
    readonly headOnAll: number
    readonly headAndModel: number
    readonly groups: number
  }
  /** Factor that makes the softmax of a list's scores fit what held-out users took. */
  readonly slope: number
  /** Deciles 0, 0.1 … 1 of each feature over the training candidates. */
  readonly featureQuantiles: readonly (readonly number[])[]
}

/** What a build tells of its ranker: what it is, of how many trees, and what validation said. */
export type RankerSummary = FittedRanker['validation'] & {
  readonly model: RankerModel['kind']
  readonly trees: number
}

export function rankerSummary(ranker: FittedRanker | null): RankerSummary | null {
  if (ranker === null) return null
  const { model, validation } = ranker
  return { model: model.kind, trees: model.kind === 'trees' ? model.trees.roots.length : 0, ...validation }
}

/** What validation says of a ranker before all of it is trained. */
export type JudgedRanker = {
  readonly validation: FittedRanker['validation']
  /** Trains what is left to train; only the ranker that is taken needs it. */
  train(): Promise<FittedRanker>
}

/**
 * Fits the second stage: LambdaMART or a deep and cross network on what an even blend of the channels leaves over, stopped early on users kept apart.
 * The blend alone is what remains when neither helps.
 */
export async function fitRanker(groups: readonly TrainingGroup[], options: RankerOptions): Promise<FittedRanker> {
  return (await judgeRanker(groups, options)).train()
}

/** Trains as much of the second stage as judging it takes: where trees learn from all lists, those that judge each other. */
export async function judgeRanker(groups: readonly TrainingGroup[], options: RankerOptions): Promise<JudgedRanker> {
  const { linearHead, unseen, train } = await scoreUnseen(groups, options)
  const judging = groups.filter((group) => unseen.has(group))
  const head = (group: TrainingGroup) => headScores(group, linearHead)
  const both = (group: TrainingGroup) => unseen.get(group) ?? head(group)
  const validation = {
    head: meanNdcg(judging, head, JUDGED_AT),
    headOnAll: meanNdcg(groups, head, JUDGED_AT),
    headAndModel: meanNdcg(judging, both, JUDGED_AT),
    groups: judging.length,
  }
  return {
    validation,
    train: async () => ({
      ...(await train()),
      validation,
      slope: fitSlope(judging, both),
      featureQuantiles: featureDeciles(groups),
    }),
  }
}

/** Lists that judge a ranker of these options: all where each was judged by trees that had not seen it. */
export function judgingGroups(
  groups: readonly TrainingGroup[],
  { model, onAll }: Pick<RankerOptions, 'model' | 'onAll'>,
): readonly TrainingGroup[] {
  return model === 'trees' && onAll ? groups : partGroups(groups).judging
}

/** A ranker's head, scores of the lists that judge it by a model that has not seen their users, and the ranker itself. */
type Scored = Pick<Headed, 'linearHead'> & {
  readonly unseen: ReadonlyMap<TrainingGroup, Float32Array>
  train(): Promise<Headed>
}

async function scoreUnseen(groups: readonly TrainingGroup[], options: RankerOptions): Promise<Scored> {
  if (options.model === 'trees' && options.onAll) {
    const { unseen, train } = await judgeTreesOnAll(groups, options)
    return { linearHead: evenHead(groups), unseen, train: async () => asTrees(await train()) }
  }
  const { judging, training } = partGroups(groups)
  const fitted = await fitModel({ training, watching: judging }, options)
  return {
    linearHead: fitted.linearHead,
    unseen: await scoreLists(fitted.model, fitted.linearHead, judging, options.pool),
    train: async () => fitted,
  }
}

const asTrees = ({ trees, linearHead }: HeadedTrees): Headed => ({ model: { kind: 'trees', trees }, linearHead })

type Headed = Pick<FittedRanker, 'model' | 'linearHead'>

async function fitModel(lists: RankerLists, options: RankerOptions): Promise<Headed> {
  if (options.model === 'dcn') return fitNetwork(lists, options)
  return asTrees(await fitTrees(lists, options))
}

async function fitNetwork({ training, watching }: RankerLists, options: RankerOptions): Promise<Headed> {
  const { seed, pool } = options
  const linearHead = evenHead(training)
  const listOf = (group: TrainingGroup): RankingList => ({
    count: group.count,
    features: group.features,
    gains: group.gains,
    initial: headScores(group, linearHead),
  })
  const judge = async (score: DcnScorer): Promise<number> => {
    const scores = new Map<TrainingGroup, Float32Array>()
    for (const group of watching) scores.set(group, withHead(await score(group), group.features, linearHead))
    return meanNdcg(watching, (group) => scores.get(group) ?? headScores(group, linearHead), JUDGED_AT)
  }
  const onProgress = options.onProgress === undefined ? {} : { onProgress: options.onProgress }
  const network = await trainDcn(training.map(listOf), { features: FEATURE_COUNT, seed, pool, judge, ...onProgress })
  return { model: { kind: 'dcn', network }, linearHead }
}

function featureDeciles(groups: readonly TrainingGroup[]): number[][] {
  const rows = groups.reduce((sum, { count }) => sum + count, 0)
  if (rows === 0) return []
  const every = Math.max(1, Math.floor(rows / 20_000))
  return Array.from({ length: FEATURE_COUNT }, (_, column) => {
    const values: number[] = []
    let seen = 0
    for (const { features, count } of groups) {
      for (let row = 0; row < count; row++)
        if (seen++ % every === 0) values.push(features[row * FEATURE_COUNT + column])
    }
    const sorted = Float32Array.from(values).sort()
    return Array.from({ length: 11 }, (_, decile) => sorted[Math.round((decile / 10) * (sorted.length - 1))])
  })
}
