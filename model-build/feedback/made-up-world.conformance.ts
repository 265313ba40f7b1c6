import { FEATURE_COUNT } from '#contract/features'
import type { BilinearTerm, Calibration } from '#contract/feedback/learning'
import { addBilinear } from '#worker/core/bilinear'
import { createBlocked } from '#worker/core/blocked'
import type { Query } from '#worker/core/candidates'
import { createCatalogue } from '#worker/core/catalogue'
import { softmax } from '#worker/core/feedback/lesson'
import { historyItemOf } from '#worker/core/history-item'
import { createModel, type Model } from '#worker/core/model'
import { createTreesRanker } from '#worker/core/ranker'
import { addLearnt } from '#worker/core/recommend'
import { seededRandom, syntheticRelease, syntheticTrees } from '#worker/core/synthetic-model'
import { aucOf, ndcgAt } from '../evaluate/metrics.ts'
import type { LearningParts } from './apply-aggregates.ts'
import { type RankedList, rankLists, spreadOf, varianceOf } from './curvature.ts'
import { fitProjection } from './projection.ts'

const ITEMS = 300
const HISTORY = 5
const VISITORS = 1_500
const JUDGES = 400
const RELEVANT = 5
const MOST_FEATURES = 40
const NOW = 1_795_132_800_000

/** The learnt parts of a release. */
export type Learnt = Pick<LearningParts, 'linearHead' | 'bilinear'>

/** A visitor's list: what they take follows the hidden truth, not the release. */
export type MadeUpVisitor = { readonly list: RankedList; readonly chances: Float64Array }

/**
 * A shop whose visitors want what the release's trees say and something that no tree knows: a hidden linear head and a hidden bilinear term. Candidates,
 * features and scores are those of a device.
 */
export type MadeUpWorld = {
  readonly model: Model
  readonly start: Learnt
  readonly calibration: Calibration
  readonly scoreDeviation: number
  readonly visitors: readonly MadeUpVisitor[]
  readonly random: () => number
  /** NDCG@20 for visitors who never report, each with five things to find: of the trees alone, of the hidden truth, of learnt parts. */
  readonly ndcg: { readonly none: number; readonly truth: number; of(learnt: Learnt): number }
  /** Chance that what such a visitor wants stands before what they do not. */
  auc(learnt: Learnt): number
}

/** How far each part spreads what visitors want within a list: standard deviations, nats. */
export type Strength = { readonly trees: number; readonly head: number; readonly term: number }

/** Makes a world; equal arguments give equal worlds. */
export async function makeWorld(seed: number, strength: Strength): Promise<MadeUpWorld> {
  const random = seededRandom(seed)
  const model = makeModel(seed)
  const lists: RankedList[] = []
  const queries = drawQueries(model, VISITORS + JUDGES, random)
  for await (const list of rankLists(model, createTreesRanker(syntheticTrees(20, 8, 5)), queries)) lists.push(list)
  const { columns, deviations, scoreDeviation } = spreadOf(lists)
  const features = columns.slice(0, MOST_FEATURES)
  const calibration = { slope: strength.trees / scoreDeviation, featureScale: deviations.slice(0, MOST_FEATURES) }
  const linearHead = { features, weights: features.map(() => 0), bias: 0 }
  const start: Learnt = { linearHead, bilinear: fitProjection(model, 8) }
  const hidden = hide(start, lists, { strength, random, calibration })
  const wanted = lists.map((list) => ({ list, chances: softmax(scoresOf(model, hidden, list), calibration.slope) }))
  const judges = wanted.slice(VISITORS).map((visitor) => ({ ...visitor, relevant: drawRelevant(visitor, random) }))
  const judged = (learnt: Learnt, judge: (places: readonly number[], relevant: ReadonlySet<number>) => number) =>
    mean(judges.map(({ list, relevant }) => judge(ranked(scoresOf(model, learnt, list)), relevant)))
  const ndcgOf = (learnt: Learnt) => judged(learnt, (places, relevant) => ndcgAt(places, relevant, 20))
  return {
    model,
    start,
    calibration,
    scoreDeviation,
    visitors: wanted.slice(0, VISITORS),
    random,
    ndcg: { none: ndcgOf(start), truth: ndcgOf(hidden), of: ndcgOf },
    auc: (learnt) => judged(learnt, (places, relevant) => aucOf(places, relevant, places.length)),
  }
}

/** An item of a visitor's list, drawn by what they want. */
export function drawWanted(chances: Float64Array, random: () => number, without?: ReadonlySet<number>): number {
  let total = 0
  chances.forEach((chance, i) => {
    if (!without?.has(i)) total += chance
  })
  let left = random() * total
  let last = 0
  for (let i = 0; i < chances.length && left >= 0; i++) {
    if (without?.has(i)) continue
    left -= chances[i]
    last = i
  }
  return last
}

/** A list's scores with learnt parts; new array. */
export function scoresOf({ manifest }: Model, learnt: Learnt, { set, features, scores }: RankedList): Float32Array {
  const sum = Float32Array.from(scores)
  addLearnt({ manifest: { ...manifest, ...learnt } }, set, features, sum)
  return sum
}

function makeModel(seed: number): Model {
  const release = syntheticRelease({ items: ITEMS, dim: 16, clusters: 12, cellItems: ITEMS, votersPerItem: 8, seed })
  const retrieval = { ...release.manifest.retrieval, vector: 50, voters: 40, popular: 20, trending: 10, fresh: 10 }
  const manifest = { ...release.manifest, retrieval }
  const catalogue = createCatalogue(manifest, release.cells)
  const dictionaries = { v: 1, categories: [], tags: [] } as const
  return createModel({ manifest, dictionaries, catalogue, gramians: [release.gramian] })
}

function* drawQueries(model: Model, count: number, random: () => number): Generator<Query> {
  for (let n = 0; n < count; n++) {
    const items = Array.from({ length: HISTORY }, () => Math.floor(random() * ITEMS))
    yield {
      history: items.map((item, i) => historyItemOf(model.catalogue, item, NOW - i * 1_000)),
      context: { now: NOW, tzOffsetMin: 0, device: 1, scene: 0, item: null },
      contextItems: [],
      blocked: createBlocked(model, { items }),
      scene: 'for-you',
    }
  }
}

type Hiding = {
  readonly strength: Strength
  readonly random: () => number
  readonly calibration: Calibration
}

/** Random weights of the wanted strength. */
function hide({ linearHead, bilinear }: Learnt, lists: readonly RankedList[], parts: Hiding): Learnt {
  const { strength, random, calibration } = parts
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6)
  const head = linearHead.weights.map((_, k) => normal() / calibration.featureScale[k])
  const term: BilinearTerm = { ...bilinear, weights: bilinear.weights.map(normal) }
  const headDeviation = deviationWithin(lists, ({ features }, sums) => {
    for (let i = 0; i < sums.length; i++)
      linearHead.features.forEach((column, k) => {
        sums[i] += head[k] * features[i * FEATURE_COUNT + column]
      })
  })
  const termDeviation = deviationWithin(lists, ({ set }, sums) =>
    addBilinear(
      sums,
      set.inputs.vectors,
      term,
      set.inputs.history.map(({ vector }) => vector),
    ),
  )
  const unit = 1 / calibration.slope
  return {
    linearHead: { ...linearHead, weights: head.map((weight) => (weight * strength.head * unit) / headDeviation) },
    bilinear: { ...term, weights: term.weights.map((weight) => (weight * strength.term * unit) / termDeviation) },
  }
}

function deviationWithin(lists: readonly RankedList[], add: (list: RankedList, sums: Float32Array) => void): number {
  const variances = lists.map((list) => {
    const sums = new Float32Array(list.scores.length)
    add(list, sums)
    return varianceOf(sums.length, (i) => sums[i])
  })
  return Math.sqrt(mean(variances))
}

function drawRelevant({ chances }: MadeUpVisitor, random: () => number): ReadonlySet<number> {
  const relevant = new Set<number>()
  while (relevant.size < RELEVANT) relevant.add(drawWanted(chances, random, relevant))
  return relevant
}

/** Places of a list, best first. */
function ranked(scores: Float32Array): number[] {
  return Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
