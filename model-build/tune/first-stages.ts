import type { ModelOptions } from '../fit/fit-models.ts'
import { trainIalsOnRows } from '../train/ials.ts'
import { TRIAL_SWEEPS } from '../train/select-ials.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Voters, votersOfRows } from '../train/voters.ts'
import { judgeBlend } from './even-blend.ts'
import { penaltyFactor } from './penalty.ts'
import type { Setting } from './search-space.ts'
import type { TrialFold } from './trial-folds.ts'

export type EmbeddingSetting = Setting<'dim' | 'alpha0' | 'reg' | 'nu'>
export type VoterSetting = Setting<'lambda'>

/** Trains and judges the two channels of a first stage on trial folds. */
export type FirstStages = {
  items(setting: EmbeddingSetting, fold: TrialFold): Promise<Float32Array>
  voters(setting: VoterSetting, fold: TrialFold): Promise<Voters>
  /** NDCG@20 of each of the fold's users. */
  judge(parts: FirstStageParts, fold: TrialFold): Promise<Float64Array>
}

export type FirstStageParts = {
  readonly setting: EmbeddingSetting
  readonly items: Float32Array
  readonly voters: Voters
}

/** @param models - What is not searched for. */
export function createFirstStages(
  pool: KernelPool,
  models: Pick<ModelOptions, 'voterMethod' | 'against' | 'votersPerItem' | 'minSupport' | 'seed'>,
  ratio: number,
): FirstStages {
  const { voterMethod: method, against, votersPerItem, minSupport, seed } = models
  return {
    items: async (setting, { byUser }) => {
      const options = { ...ialsOf(setting, byUser), sweeps: TRIAL_SWEEPS, seed, pool }
      return (await trainIalsOnRows(byUser, options)).items
    },
    voters: ({ lambda }, { voterRows }) =>
      pool.scope(() => votersOfRows(pool, voterRows, { method, against, votersPerItem, minSupport, lambda, pool })),
    judge: ({ setting, items, voters }, { byUser, users }) =>
      judgeBlend(pool, { items, voters, job: { ...ialsOf(setting, byUser), ratio } }, users),
  }
}

/** A setting as iALS takes it on given rows. */
export function ialsOf({ dim, alpha0, reg, nu }: EmbeddingSetting, rows: TrialFold['byUser']) {
  const exponent = nu === 0 || nu === 0.5 ? nu : 1
  return { dim, alpha0, reg: reg * penaltyFactor(rows, alpha0, exponent), nu: exponent } as const
}
