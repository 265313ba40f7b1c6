import { RecError } from '#contract/errors'
import { isSiteName } from '#contract/limits'
import type { Objectives, RuleDefaults } from '#contract/manifest'
import type { Config } from '../config/schema.ts'
import type { ModelOptions } from '../fit/fit-models.ts'
import type { SecondEncoder } from '../fit/second-model.ts'
import type { RankerOptions } from '../rank/fit-trees.ts'
import type { AssembleOptions } from '../release/assemble.ts'
import { DEFAULT_RULES } from '../release/release-manifest.ts'
import type { Visitors } from '../train/validation-users.ts'

/** When a space that a network reads histories into is tried, and when it ships. */
type NetworkSettings = {
  readonly enabled: boolean
  readonly minRows: number
  /** Share by which NDCG@20 of the whole must grow for the space to ship. */
  readonly minGain: number
}

/** The settings of a build, resolved from its config once. */
export type PipelineSettings = {
  readonly models: ModelOptions
  readonly assemble: Omit<AssembleOptions, 'pool'>
  readonly ranker: Omit<RankerOptions, 'onAll' | 'seed' | 'pool' | 'onProgress'> & {
    readonly maxQueries: number
    readonly objectives: Objectives
    /** Path of a ranker trained elsewhere, or empty. */
    readonly onnx: string
  }
  readonly sequence: NetworkSettings
  readonly twoTower: NetworkSettings
  /** The mean space, likewise. */
  readonly mean: { readonly enabled: boolean; readonly minGain: number }
  /** Encoder of the second space of the release before, if any: such a space stays unless it costs as much as a new one must gain. */
  readonly secondBefore?: SecondEncoder | null
  /** How much of a log validation and the ranker look at. */
  readonly effort: Config['training']['effort']
  /** Whether more hyper-parameters are searched than a build always chooses. */
  readonly isTuned: boolean
  /** Whom the release will be judged by; what fits the one does not fit the other as well. */
  readonly visitors: Visitors
  /** Share of a user's rows that validation and ranker training look for. */
  readonly heldShare: number
  /** Half-lives of a history's weights to choose from, in items; 0 is uniform. */
  readonly halfLives: readonly number[]
  readonly feedback: Config['feedback']
}

/** Sizes of the head's slices after the first; with it they hold about 8 k items, what the saver tier keeps. */
const LATER_SLICES = [1_600, 2_000, 4_000] as const

/** What the first slice and the ranker's trees may weigh together: with scripts, manifest and tables a first personal list needs at most 150 kB. */
const FIRST_SLICE_BYTES = 64_000

/** Hyper-parameters of logs too small to choose them on validation users; the middle of the published tables. */
const UNTUNED = { alpha0: 0.1, reg: 0.003, lambda: 100, against: false } as const

function rulesOf({ exploration: { share, method } }: Config): RuleDefaults {
  return { ...DEFAULT_RULES, exploration: share, ...(method === 'uniform' ? {} : { explorer: method }) }
}

/** @throws RecError `config-invalid` */
export function resolveSettings(config: Config): PipelineSettings {
  if (!isSiteName(config.site.name))
    throw new RecError('config-invalid', 'site.name: lower-case letters, digits and dashes only')
  const nu = config.embedding.frequencyExponent
  if (nu !== 0 && nu !== 0.5 && nu !== 1)
    throw new RecError('config-invalid', 'embedding.frequencyExponent must be 0, 0.5 or 1')
  return {
    models: {
      dim: config.embedding.dimensions,
      ...UNTUNED,
      nu,
      sweeps: config.embedding.sweeps,
      voterMethod: 'auto',
      votersPerItem: config.voters.perItem,
      minSupport: config.release.minSupport,
      ratio: 1,
      voterRatio: 1,
      second: null,
      seed: config.seed,
    },
    assemble: {
      site: config.site.name,
      locale: config.site.locale,
      currency: 'USD',
      seed: config.seed,
      headSlices: [config.release.headItems, ...LATER_SLICES],
      firstSliceBytes: FIRST_SLICE_BYTES,
      cellItems: config.release.cellItems,
      graphMinItems: config.release.graphMinItems,
      trendingHalfLifeDays: config.release.trendingHalfLifeDays,
      rules: rulesOf(config),
      siteRules: config.rules,
    },
    ranker: config.ranker,
    sequence: config.sequence,
    twoTower: config.twoTower,
    mean: config.mean,
    effort: config.training.effort,
    isTuned: config.tuning.enabled,
    visitors: 'new',
    heldShare: config.split.testShare,
    halfLives: config.embedding.halfLifeItems,
    feedback: config.feedback,
  }
}
