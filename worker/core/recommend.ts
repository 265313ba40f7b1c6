import type { Scene } from '#contract/events'
import { fillFeatures } from '#contract/fill-features'
import type { RuleDefaults } from '#contract/manifest'
import type { Timings } from '#contract/rpc'
import { addBilinear } from './bilinear.ts'
import { type CandidateSet, findCandidates, type Query } from './candidates.ts'
import { CHANNELS, type Channel, isFixedList } from './channels.ts'
import { encodeHistory, type SequenceEncoder } from './encoder/sequence-encoder.ts'
import type { Model } from './model.ts'
import { addLinearHead, type Ranker } from './ranker.ts'
import { type ReasonCode, reasonsOf } from './reasons.ts'
import type { Retriever } from './retriever.ts'
import { applyRules, type Place, takeBest } from './rules/apply-rules.ts'
import { createPool } from './rules/pool.ts'
import { blendScores, contextScores, listScores } from './scores.ts'

/** What rules need besides the question. */
export type RuleInputs = {
  /** Places of the list, 1…LIMITS.listItems. */
  readonly count: number
  /** Overrides of the manifest's rule defaults; null switches all rules off. */
  readonly rules?: Partial<RuleDefaults> | null
  /** Showings without a click by itemNo. */
  readonly shown?: ReadonlyMap<number, number>
}

/** Clock and chance of a request. */
export type RecommendDeps = {
  /** Uniform in [0, 1). */
  readonly rng: () => number
  /** Milliseconds for timings, of any origin. */
  readonly nowMs: () => number
  /** Shown what the answer was made of, for explanations; nothing of it may be changed. */
  readonly trace?: (trace: Trace) => void
  /** Reads the history's order; absent until the runtime has arrived, and where the release has none. */
  readonly encoder?: SequenceEncoder | null
}

/** Candidates, their feature rows and their scores; places and all else are in the answer. */
export type Trace = { readonly set: CandidateSet; readonly features: Float32Array; readonly scores: Float32Array }

export type RankedItem = {
  readonly row: number
  readonly itemNo: number
  /** The ranker's score, before rules; 0 for pinned items that retrieval did not find. */
  readonly score: number
  readonly channels: readonly Channel[]
  readonly reasons: readonly ReasonCode[]
  /** Chance of being shown at this place where exploration had a part, else 1. */
  readonly propensity: number
}

/** One answered list, best first. */
export type Ranked = {
  readonly scene: Scene
  readonly items: readonly RankedItem[]
  readonly personal: boolean
  readonly ranker: Ranker['name'] | 'none'
  readonly retrievers: readonly Retriever['name'][]
  readonly candidates: number
  readonly timings: Timings
}

/**
 * Answers one request: candidates → features → ranker and linear head → rules → reasons.
 * @param ranker - null ranks by a blend of user vector and votes.
 * @returns Best first, `count` items whenever that many are resident and not blocked.
 */
export async function recommend(
  model: Model,
  ranker: Ranker | null,
  query: Query & RuleInputs,
  deps: RecommendDeps,
): Promise<Ranked> {
  const clock = stopwatch(deps.nowMs)
  const sequence = await encodeHistory(model, deps.encoder ?? null, query)
  const set = findCandidates(model, { ...query, sequence }, clock.mark)
  const features = fillFeatures(set.inputs)
  clock.mark('features')
  const { scores, used } = await scoreSet(model, ranker, { set, features, scene: query.scene })
  clock.mark('ranking')
  deps.trace?.({ set, features, scores })
  const places = placeItems(model, { set, scores, query, deps })
  const items = places.map((place): RankedItem => {
    const { candidate, itemNo, propensity, explored } = place
    return {
      row: candidate < 0 ? model.catalogue.rowOf(itemNo) : set.rows[candidate],
      itemNo,
      score: candidate < 0 ? 0 : scores[candidate],
      channels: candidate < 0 ? [] : CHANNELS.filter((_, bit) => (set.channels[candidate] & (1 << bit)) !== 0),
      reasons: reasonsOf(set, features, candidate, { scene: query.scene, explored }),
      propensity,
    }
  })
  clock.mark('rules')
  return {
    scene: query.scene,
    items,
    personal: set.personal,
    ranker: used,
    retrievers: model.retrievers.map(({ name }) => name),
    candidates: set.rows.length,
    timings: clock.timings(),
  }
}

async function scoreSet(
  model: Model,
  ranker: Ranker | null,
  { set, features, scene }: { readonly set: CandidateSet; readonly features: Float32Array; readonly scene: Scene },
): Promise<{ scores: Float32Array; used: Ranked['ranker'] }> {
  const { count } = set.inputs
  if (isFixedList(scene)) return { scores: listScores(count), used: 'none' }
  if (scene === 'similar' || scene === 'because-you' || scene === 'bought-together')
    return { scores: contextScores(set, features, scene), used: 'none' }
  if (ranker === null) return { scores: blendScores(set, features), used: 'none' }
  const scores = await ranker.score(features, count)
  addLearnt(model, set, features, scores)
  return { scores, used: ranker.name }
}

/** Adds what of a release learns from private reports: the linear head and the bilinear term, in this order. */
export function addLearnt(
  { manifest }: Pick<Model, 'manifest'>,
  { inputs }: Pick<CandidateSet, 'inputs'>,
  features: Float32Array,
  scores: Float32Array,
): void {
  addLinearHead(scores, features, manifest.linearHead)
  const history = inputs.history.map(({ vector }) => vector)
  addBilinear(scores, inputs.vectors, manifest.bilinear, history)
}

type PlaceParts = {
  readonly set: CandidateSet
  readonly scores: Float32Array
  readonly query: Query & RuleInputs
  readonly deps: RecommendDeps
}

function placeItems(model: Model, { set, scores, query, deps }: PlaceParts): readonly Place[] {
  const { catalogue, manifest } = model
  const itemNos = Uint32Array.from(set.rows, (row) => catalogue.itemNoOf[row])
  const pool = createPool(scores, itemNos, set.inputs)
  if (query.rules === null || isFixedList(query.scene)) return takeBest(pool, query.count)
  const rules = { ...manifest.rules, ...query.rules }
  return applyRules(
    pool,
    query.scene === 'for-you' ? rules : { ...rules, pins: [] }, // pins belong to the home list
    {
      count: query.count,
      nowMs: Math.max(query.context.now, manifest.newestAt),
      shown: query.shown ?? new Map(),
      mayPin: (itemNo) => {
        const row = catalogue.rowOf(itemNo)
        return row >= 0 && query.blocked[row] === 0
      },
      priorOf: (itemNo) => {
        const row = catalogue.rowOf(itemNo)
        if (row < 0) return { mean: 0, strength: 0 }
        return { mean: catalogue.columns.priorMean[row] / 255, strength: catalogue.columns.priorStrength[row] }
      },
      rng: deps.rng,
    },
  )
}

type Stage = 'fold-in' | 'retrieval' | 'features' | 'ranking' | 'rules'

function stopwatch(nowMs: () => number): { mark: (stage: Stage) => void; timings: () => Timings } {
  const start = nowMs()
  let last = start
  const spent: Record<Stage, number> = { 'fold-in': 0, retrieval: 0, features: 0, ranking: 0, rules: 0 }
  return {
    mark: (stage) => {
      const now = nowMs()
      spent[stage] += now - last
      last = now
    },
    timings: () => ({
      foldInMs: spent['fold-in'],
      retrievalMs: spent.retrieval,
      featuresMs: spent.features,
      rankingMs: spent.ranking,
      rulesMs: spent.rules,
      totalMs: last - start,
    }),
  }
}
