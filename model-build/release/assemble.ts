import { cutDirectory, encodeDirectory } from '#contract/directory'
import { encodeGramian } from '#contract/gramian'
import type { Dictionaries, Manifest, RuleDefaults } from '#contract/manifest'
import { encodeShardTable } from '#contract/shard-table'
import type { Dataset } from '../dataset.ts'
import { writeEncoderOnnx } from '../sequence/encoder-onnx.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { writeTowerOnnx } from '../two-tower/encoder-onnx.ts'
import { type Behaviour, summariseBehaviour } from './behaviour.ts'
import { tableOf } from './cell-table.ts'
import { buildDictionaries } from './dictionaries.ts'
import { type CellSources, encodeCell } from './encode-cells.ts'
import { firstSliceSize } from './first-slice.ts'
import type { FittedModels } from './fitted-models.ts'
import { encodeGroupGraphs } from './group-graphs.ts'
import { itemRates } from './item-rates.ts'
import { type ItemRegistry, numberItems } from './item-registry.ts'
import { encodeMeanSpace } from './mean-space.ts'
import { ObjectSet } from './object-set.ts'
import { encodeOnnxSpace, type SecondSpaceParts } from './onnx-space.ts'
import { byPopularity, type CellPlan, partitionItems } from './partition.ts'
import { publicLists } from './public-lists.ts'
import { logRankQuantiles } from './quantiles.ts'
import { manifestOf } from './release-manifest.ts'
import { type SiteRules, withSiteRules } from './site-rules.ts'
import { quantiseSpace } from './space.ts'

/** Settings of the objects of a release. */
export type AssembleOptions = {
  readonly site: string
  readonly locale: string
  readonly currency: string
  readonly seed: number
  readonly headSlices: readonly number[]
  /** The first slice holds fewer items where its objects would be larger (brotli); Infinity for no limit. */
  readonly firstSliceBytes: number
  readonly cellItems: number
  /** Groups of at least this many items get a graph; Infinity for none. */
  readonly graphMinItems: number
  readonly trendingHalfLifeDays: number
  readonly rules: RuleDefaults
  /** Pins and boosts that are added to `rules`; none by default. */
  readonly siteRules?: SiteRules
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
  const second = secondSpace(models, objects)
  const dictionaries = buildDictionaries(dataset.items, last?.dictionaries ?? null)
  const createdAt = knownSince(dataset, behaviour)
  const spaces = [space, ...(second === null ? [] : [second])]
  const sources = cellSources(dataset, { models, spaces, behaviour, itemNos, dictionaries, createdAt })
  const items = { vectors: space.dequantised, dim: models.dim, itemNos, popularity: behaviour.support }
  const [most = 0, ...later] = options.headSlices
  const first = await firstSliceSize(byPopularity(items), sources, { most, maxBytes: options.firstSliceBytes })
  const plans = await partitionItems(items, { ...options, headSlices: [first, ...later] })
  const cells = plans.map((plan) => encodeCell(plan, sources, objects))
  const graphs = await encodeGroupGraphs(plans, { space, itemNos, objects })
  const table = tableOf(plans, cells, {
    space,
    spaceCount: sources.spaces.length,
    graphs,
    popularity: behaviour.support,
  })
  const refs = {
    shardTable: objects.add(encodeShardTable(table)),
    dictionaries: objects.addJson(dictionaries.dictionaries),
    gramian: objects.add(encodeGramian(space.gramian)),
    directory: directoryOf(plans, dataset, itemNos, objects),
  }
  const made = { dataset, models, space, second, behaviour, refs }
  const lists = publicLists({ behaviour, itemNos, createdAt, dataset, halfLifeDays: options.trendingHalfLifeDays })
  return {
    objects,
    registry,
    itemNos,
    manifest: manifestOf({
      ...made,
      lists,
      itemNoEnd: registry.ids.length,
      options: { ...options, rules: rulesOf(options, registry, dictionaries.dictionaries) },
    }),
  }
}

function secondSpace({ second }: FittedModels, objects: ObjectSet): SecondSpaceParts | null {
  if (second === null) return null
  if (second.kind === 'mean') return encodeMeanSpace(second)
  return second.kind === 'sequence'
    ? encodeOnnxSpace('sequence', second, writeEncoderOnnx(second), objects)
    : encodeOnnxSpace('two-tower', second, writeTowerOnnx(second), objects)
}

/** The rules of a release with its site's pins and boosts. */
export function rulesOf(options: AssembleOptions, { ids }: ItemRegistry, { categories }: Dictionaries): RuleDefaults {
  const itemNoOf = new Map(ids.map((id, itemNo) => [id, itemNo]))
  return withSiteRules(options.rules, options.siteRules ?? { pins: [], boosts: [] }, {
    itemNoOf: (id) => itemNoOf.get(id) ?? -1,
    categoryOf: (name) => categories.indexOf(name),
  })
}

function directoryOf(plans: readonly CellPlan[], dataset: Dataset, itemNos: Uint32Array, objects: ObjectSet) {
  const entry = (item: number, cell: number) => ({ id: dataset.items[item].id, itemNo: itemNos[item], cell })
  const parts = cutDirectory(plans.flatMap((plan, cell) => Array.from(plan.items, (item) => entry(item, cell))))
  return parts.map(({ prefixEnd, items }) => ({ prefixEnd, ref: objects.add(encodeDirectory(items)) }))
}

/** When each item was made, or first met where the catalogue does not say; ms, NaN unknown. */
export function knownSince({ items }: Dataset, { firstAt }: Behaviour): Float64Array {
  return Float64Array.from(items, ({ createdAt }, i) => (Number.isNaN(createdAt) ? firstAt[i] : createdAt))
}

type SourceParts = Pick<CellSources, 'itemNos' | 'dictionaries' | 'createdAt' | 'spaces'> & {
  readonly models: FittedModels
  readonly behaviour: Behaviour
}

/** What cells are written from, in the dataset's item order. */
export function cellSources(dataset: Dataset, { models, behaviour, ...numbered }: SourceParts): CellSources {
  return {
    ...numbered,
    items: dataset.items,
    voters: models.voters,
    popularity: logRankQuantiles(behaviour.support),
    trending: logRankQuantiles(behaviour.trending),
    ...itemRates(dataset.signals, dataset.items.length, models.minSupport),
    hasEvidence: models.hasEvidence,
  }
}
