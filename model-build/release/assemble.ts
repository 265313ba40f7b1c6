import { encodeGramian } from '#contract/gramian'
import { LIMITS } from '#contract/limits'
import type { Dictionaries, Manifest, PublicList, RankerRef, RuleDefaults } from '#contract/manifest'
import { type CellEntry, encodeShardTable, type ObjectRef } from '#contract/shard-table'
import type { Dataset } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Behaviour, summariseBehaviour } from './behaviour.ts'
import { buildDictionaries } from './dictionaries.ts'
import { type CellSources, encodeCell } from './encode-cells.ts'
import type { FittedModels } from './fitted-models.ts'
import { encodeGroupGraphs } from './group-graphs.ts'
import { type ItemRegistry, numberItems } from './item-registry.ts'
import { ObjectSet, sha256Hex } from './object-set.ts'
import { type CellPlan, partitionItems } from './partition.ts'
import { logRankQuantiles } from './quantiles.ts'
import { type QuantisedSpace, quantiseSpace } from './space.ts'

/** Settings of the objects of a release. */
export type AssembleOptions = {
  readonly site: string
  readonly locale: string
  readonly currency: string
  readonly seed: number
  readonly headSlices: readonly number[]
  readonly cellItems: number
  /** Groups of at least this many items get a graph; Infinity for none. */
  readonly graphMinItems: number
  readonly trendingHalfLifeDays: number
  readonly rules: RuleDefaults
  readonly pool?: KernelPool
}

/** What of the last release is kept: numbers and dictionaries are append-only. */
export type LastRelease = { readonly registry: ItemRegistry; readonly dictionaries: Dictionaries }

/** The models of a release as objects, before a ranker is added. */
export type AssembledRelease = {
  readonly objects: ObjectSet
  readonly manifest: Manifest
  readonly registry: ItemRegistry
  /** itemNo of each item of the dataset. */
  readonly itemNos: Uint32Array
}

/** What ranking adds to a release. */
export type RankingParts = {
  readonly rankers: readonly RankerRef[]
  readonly linearHead: Manifest['linearHead']
  readonly gate: Readonly<Record<string, number>>
  readonly featureQuantiles: readonly (readonly number[])[]
}

const LIST_ITEMS = 300

/**
 * Turns fitted models into the content-addressed objects and the manifest of a release, without rankers.
 * The same inputs give the same bytes.
 */
export async function assembleRelease(
  dataset: Dataset,
  models: FittedModels,
  last: LastRelease | null,
  options: AssembleOptions,
): Promise<AssembledRelease> {
  const objects = new ObjectSet()
  const behaviour = summariseBehaviour(dataset.interactions, options.trendingHalfLifeDays)
  const { registry, itemNos } = numberItems(
    last?.registry ?? { v: 1, ids: [] },
    dataset.items.map(({ id }) => id),
    behaviour.support,
  )
  const space = quantiseSpace(models.vectors, models.dim)
  const dictionaries = buildDictionaries(dataset.items, last?.dictionaries ?? null)
  const createdAt = Float64Array.from(dataset.items, (item, i) =>
    Number.isNaN(item.createdAt) ? behaviour.firstAt[i] : item.createdAt,
  )
  const sources = cellSources(dataset, { models, space, behaviour, itemNos, dictionaries, createdAt })
  const plans = await partitionItems(
    { vectors: space.dequantised, dim: models.dim, itemNos, popularity: behaviour.support },
    options,
  )
  const cells = plans.map((plan) => encodeCell(plan, sources, objects))
  const graphs = await encodeGroupGraphs(plans, { space, itemNos, objects })
  const table = tableOf(plans, cells, { space, graphs, popularity: behaviour.support })
  const refs = {
    shardTable: objects.add(encodeShardTable(table)),
    dictionaries: objects.addJson(dictionaries.dictionaries),
    gramian: objects.add(encodeGramian(space.gramian)),
  }
  const lists = publicLists({ behaviour, itemNos, createdAt, dataset, halfLifeDays: options.trendingHalfLifeDays })
  return {
    objects,
    registry,
    itemNos,
    manifest: manifestOf({ dataset, models, space, behaviour, refs, lists, itemNoEnd: registry.ids.length, options }),
  }
}

/** A manifest with its rankers, and its final name, which follows from its content. */
export function withRanking(manifest: Manifest, ranking: RankingParts): Manifest {
  const full = { ...manifest, ...ranking, release: '' }
  const name = sha256Hex(new TextEncoder().encode(JSON.stringify(full))).slice(0, 8)
  return { ...full, release: `${manifest.createdAt.slice(0, 10)}-${name}` }
}

type SourceParts = Pick<CellSources, 'itemNos' | 'dictionaries' | 'createdAt'> & {
  readonly models: FittedModels
  readonly space: QuantisedSpace
  readonly behaviour: Behaviour
}

function cellSources(dataset: Dataset, { models, space, behaviour, ...numbered }: SourceParts): CellSources {
  const unknown = new Uint8Array(dataset.items.length)
  return {
    ...numbered,
    items: dataset.items,
    dim: models.dim,
    quantised: space.quantised,
    voters: models.voters,
    popularity: logRankQuantiles(behaviour.support),
    trending: logRankQuantiles(behaviour.trending),
    clickRate: unknown,
    conversionRate: unknown,
    quality: unknown,
    priorMean: unknown,
    priorStrength: unknown,
    hasEvidence: models.hasEvidence,
  }
}

type TableParts = {
  readonly space: QuantisedSpace
  readonly graphs: readonly ObjectRef[]
  readonly popularity: Float64Array
}

function tableOf(
  plans: readonly CellPlan[],
  cells: readonly Omit<CellEntry, 'popularity'>[],
  { space, graphs, popularity }: TableParts,
) {
  const { dim, dequantised, scales } = space
  const sums = plans.map((plan) => plan.items.reduce((sum, item) => sum + popularity[item], 0))
  const largest = Math.max(1, ...sums)
  const centroids = new Int8Array(plans.length * dim)
  plans.forEach((plan, c) => {
    for (let d = 0; d < dim; d++) {
      let sum = 0
      for (const item of plan.items) sum += dequantised[item * dim + d]
      centroids[c * dim + d] = Math.max(-127, Math.min(127, Math.round(sum / plan.items.length / scales[d])))
    }
  })
  return {
    spaceCount: 1,
    localeCount: 1,
    dim,
    cells: cells.map((cell, c): CellEntry => ({ ...cell, popularity: Math.round((65_535 * sums[c]) / largest) })),
    centroids,
    graphs,
  }
}

type ListSources = {
  readonly behaviour: Behaviour
  readonly itemNos: Uint32Array
  readonly createdAt: Float64Array
  readonly dataset: Dataset
  readonly halfLifeDays: number
}

function publicLists({ behaviour, itemNos, createdAt, dataset, halfLifeDays }: ListSources): PublicList[] {
  const available = Array.from(itemNos.keys()).filter((i) => dataset.items[i].available)
  const best = (score: Float64Array): number[] =>
    available
      .filter((i) => score[i] > 0)
      .sort((a, b) => score[b] - score[a] || itemNos[a] - itemNos[b])
      .slice(0, LIST_ITEMS)
      .map((i) => itemNos[i])
  const noLog = dataset.interactions.item.length === 0
  const all = available.map((i) => itemNos[i]).sort((a, b) => a - b)
  return [
    { scene: 'popular', items: noLog ? all.slice(0, LIST_ITEMS) : best(behaviour.support), halfLifeDays: null },
    { scene: 'trending', items: best(behaviour.trending), halfLifeDays },
    { scene: 'fresh', items: best(createdAt), halfLifeDays: null },
  ]
}

type ManifestParts = {
  readonly dataset: Dataset
  readonly models: FittedModels
  readonly space: QuantisedSpace
  readonly behaviour: Behaviour
  readonly refs: { readonly shardTable: ObjectRef; readonly dictionaries: ObjectRef; readonly gramian: ObjectRef }
  readonly lists: readonly PublicList[]
  readonly itemNoEnd: number
  readonly options: AssembleOptions
}

function manifestOf({ dataset, models, space, behaviour, refs, lists, itemNoEnd, options }: ManifestParts): Manifest {
  const newestAt = Number.isNaN(behaviour.newestAt) ? 0 : behaviour.newestAt
  return {
    v: 1,
    site: options.site,
    release: 'unranked',
    createdAt: new Date(newestAt).toISOString(),
    newestAt,
    itemCount: dataset.items.length,
    itemNoEnd,
    ordered: models.ordered,
    timed: models.timed,
    locales: [options.locale],
    currency: options.currency,
    spaces: [
      {
        spaceId: `ials-${options.seed}-${refs.gramian.hash.slice(0, 8)}`,
        dim: models.dim,
        metric: 'ip',
        encoder: models.encoder,
        scales: Array.from(space.scales),
        gramian: refs.gramian,
      },
    ],
    shardTable: refs.shardTable,
    directory: [],
    dictionaries: refs.dictionaries,
    rankers: [],
    linearHead: null,
    bilinear: null,
    voterRatio: models.voterRatio,
    retrieval: { ...RETRIEVAL, graphMinItems: Math.min(options.graphMinItems, 2 ** 31) },
    lists,
    rules: options.rules,
    tombstones: [],
    experiments: [],
    feedback: null,
    gate: {},
    featureQuantiles: [],
  }
}

/** Candidates of each channel; together they stay near the ranker's limit. */
const RETRIEVAL = { vector: 250, voters: 250, popular: 60, trending: 40, fresh: 20, efSearch: 800 } as const

/** Rules until a config says otherwise. */
export const DEFAULT_RULES: RuleDefaults = {
  maxPerCategory: 4,
  freshness: 0.1,
  diversity: 0,
  exploration: 0,
  seenDecay: 0.9,
  pins: [],
  boosts: [],
}

/** Head slices of DESIGN section 3: the first fits the first paint's bytes, all of them the saver tier. */
export const DEFAULT_HEAD_SLICES = [Math.min(400, LIMITS.candidates), 1_600, 2_000, 4_000] as const
