import type { Manifest, PublicList, RankerRef, RuleDefaults } from '#contract/manifest'
import type { ObjectRef } from '#contract/shard-table'
import type { Dataset } from '../dataset.ts'
import type { AssembleOptions } from './assemble.ts'
import type { Behaviour } from './behaviour.ts'
import type { FittedModels } from './fitted-models.ts'
import { sha256Hex } from './object-set.ts'
import type { SecondSpaceParts } from './onnx-space.ts'
import type { QuantisedSpace } from './space.ts'

/** What ranking adds to a release. */
export type RankingParts = {
  readonly rankers: readonly RankerRef[]
  readonly linearHead: Manifest['linearHead']
  readonly gate: Readonly<Record<string, number>>
  readonly featureQuantiles: Manifest['featureQuantiles']
}

/** The objects of a ranker. */
export function refsOfRanker({ onnx, trees }: RankerRef): readonly ObjectRef[] {
  return trees === null ? [onnx] : [onnx, trees]
}

/** A manifest with its rankers, and its final name, which follows from its content. */
export function withRanking(manifest: Manifest, ranking: RankingParts): Manifest {
  const full = { ...manifest, ...ranking, release: '' }
  const name = sha256Hex(new TextEncoder().encode(JSON.stringify(full))).slice(0, 8)
  return { ...full, release: `${manifest.createdAt.slice(0, 10)}-${name}` }
}

type ManifestParts = {
  readonly dataset: Dataset
  readonly models: FittedModels
  readonly space: QuantisedSpace
  readonly second: SecondSpaceParts | null
  readonly behaviour: Behaviour
  readonly refs: Pick<Manifest, 'shardTable' | 'dictionaries' | 'directory'> & { readonly gramian: ObjectRef }
  readonly lists: readonly PublicList[]
  readonly itemNoEnd: number
  readonly options: AssembleOptions
}

/** The root document of a release, before a ranker is added. */
export function manifestOf({
  dataset,
  models,
  space,
  second,
  behaviour,
  refs,
  lists,
  itemNoEnd,
  options,
}: ManifestParts): Manifest {
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
      ...(second === null ? [] : [second.space]),
    ],
    shardTable: refs.shardTable,
    directory: refs.directory,
    dictionaries: refs.dictionaries,
    rankers: [],
    linearHead: null,
    bilinear: null,
    voterRatio: models.voterRatio,
    retrieval: {
      ...RETRIEVAL,
      ...(second === null ? {} : { sequence: SECOND_CANDIDATES }),
      graphMinItems: Math.min(options.graphMinItems, 2 ** 31),
    },
    lists,
    rules: options.rules,
    tombstones: [],
    experiments: [],
    feedback: null,
    gate: {},
    featureQuantiles: null,
  }
}

/** Candidates of each channel; together they stay near the ranker's limit. */
const RETRIEVAL = { vector: 250, voters: 250, popular: 60, trending: 40, fresh: 20, efSearch: 800 } as const

const SECOND_CANDIDATES = 200

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
