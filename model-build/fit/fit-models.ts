import type { Dataset } from '../dataset.ts'
import type { FittedModels } from '../release/fitted-models.ts'
import { trainIals } from '../train/ials.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { trainVoters, type VoterMethod, type Voters } from '../train/voters.ts'
import { addContentVectors } from './content-vectors.ts'
import { fitSecond, type SecondModel, type SecondSettings } from './second-model.ts'

/** Hyper-parameters of the models behind candidate generation; validation chooses them. */
export type ModelOptions = {
  readonly dim: number
  readonly alpha0: number
  readonly reg: number
  readonly nu: 0 | 0.5 | 1
  readonly sweeps: number
  /** Ridge of the item-to-item solve, in users. */
  readonly lambda: number
  /** Whether items may speak against others. */
  readonly against: boolean
  readonly voterMethod: VoterMethod
  readonly votersPerItem: number
  /** Pairs and items with fewer distinct users get no voters and no vector of their own. */
  readonly minSupport: number
  /** History weights by recency of the fold-in and of the votes: ratio^k, 1 for uniform. */
  readonly ratio: number
  readonly voterRatio: number
  /** How the second space is trained; null where none is. */
  readonly second: SecondSettings | null
  readonly seed: number
}

/** How one fit is made: chosen hyper-parameters, and where it starts. */
export type FitOptions = ModelOptions & {
  /** Item vectors of a fit on fewer rows of the same items. */
  readonly start?: Float32Array | undefined
  /** Ridge of the content map, chosen by an earlier fit. */
  readonly contentRidge?: number | null
  /** The second space of an earlier fit on the same rows, taken as it is. */
  readonly secondModel?: SecondModel | null
  /** That of a fit on fewer rows of the same items, to start from. */
  readonly secondStart?: SecondModel | null
}

export type FitProgress = (
  step: 'embedding' | 'voters' | 'content' | 'second space',
  done: number,
  total: number,
) => void

const NO_VOTERS = (items: number): Voters => ({
  offsets: new Int32Array(items + 1),
  source: new Int32Array(0),
  weight: new Float32Array(0),
  method: 'sparse',
})

/** Trains embedding, item-to-item voters and content vectors of a log; a catalogue without a log gets content vectors alone. */
export async function fitModels(
  dataset: Dataset,
  options: FitOptions,
  pool: KernelPool,
  onProgress?: FitProgress,
): Promise<FittedModels> {
  const log = dataset.interactions
  const { dim, alpha0, reg, nu } = options
  const hasLog = log.item.length > 0
  const embedding = hasLog
    ? await trainIals(log, { ...options, pool }, (done, total) => onProgress?.('embedding', done, total))
    : null
  const support = countUsers(dataset)
  const hasEvidence = Uint8Array.from(support, (users) => (users >= options.minSupport ? 1 : 0))
  const voters = hasLog
    ? await trainVoters(log, {
        votersPerItem: options.votersPerItem,
        minSupport: options.minSupport,
        lambda: options.lambda,
        against: options.against,
        method: options.voterMethod,
        pool,
        onProgress: (done, total) => onProgress?.('voters', done, total),
      })
    : NO_VOTERS(log.itemCount)
  const { vectors, ridge: contentRidge } = await addContentVectors(dataset.items, {
    dim,
    vectors: embedding?.items ?? null,
    hasEvidence,
    support,
    ridge: options.contentRidge ?? null,
    seed: options.seed,
    pool,
  })
  onProgress?.('content', 1, 1)
  return {
    dim,
    vectors,
    contentRidge,
    hasEvidence,
    voters,
    minSupport: options.minSupport,
    encoder: { type: 'ridge', alpha0, reg, nu, itemCount: log.itemCount, ratio: options.ratio },
    voterRatio: options.voterRatio,
    second: options.secondModel ?? (await secondOf(dataset, hasEvidence, { ...options, pool }, onProgress)),
    ordered: log.order !== 'none',
    timed: log.order === 'time',
  }
}

async function secondOf(
  dataset: Dataset,
  hasEvidence: Uint8Array,
  options: FitOptions & { readonly pool: KernelPool },
  onProgress?: FitProgress,
): Promise<SecondModel | null> {
  const { second, seed, pool, dim, secondStart } = options
  if (second === null) return null
  const start = secondStart?.kind === 'mean' ? secondStart.items : undefined
  return fitSecond(dataset, hasEvidence, { ...second, dim, seed, pool, start }, (done, total) =>
    onProgress?.('second space', done, total),
  )
}

/** Vectors that a fit on more rows of the same items may start from; those without evidence start from zero. */
export function startOf({ vectors, hasEvidence, dim }: FittedModels): Float32Array {
  return vectors.map((value, at) => (hasEvidence[Math.floor(at / dim)] === 1 ? value : 0))
}

/** Rows per item; a dataset holds one row per user and item. */
export function countUsers({ interactions }: Dataset): Int32Array {
  const support = new Int32Array(interactions.itemCount)
  for (const item of interactions.item) support[item]++
  return support
}
