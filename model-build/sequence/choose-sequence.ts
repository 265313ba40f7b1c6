import type { Interactions } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { holdOutUsers, type Visitors } from '../train/validation-users.ts'
import { evidenceOf, historiesOf, type SequenceSettings } from './fit-sequence.ts'
import { judgeNetwork } from './judge.ts'
import { trainSequence } from './train-sequence.ts'

/** What training is tried with, beside the number of epochs. */
const TRIALS = [
  { dropout: 0.3, horizon: 1, learningRate: 0.002 },
  { dropout: 0.5, horizon: 8, learningRate: 0.002 },
] as const

/** Rows that settings are tried on; the best number of epochs hardly depends on more. */
const TRIAL_ROWS = 200_000

const TRIAL_USERS = 500

/** Rows read in all epochs of one trial: what limits the time of the search. */
const TRIAL_WORK = 3_000_000

const MOST_EPOCHS = 60

/** Epochs between two looks, as a share of all. */
const LOOKS = 12

/** Looks without a better result after which a trial ends. */
const PATIENCE = 3

const JUDGED_AT = 20

/** What validation found of the encoder alone: the best settings, and NDCG@20 of each trial at its best epoch. */
export type ChosenSequence = {
  readonly settings: SequenceSettings
  readonly ndcg: number
  readonly tried: readonly (SequenceSettings & { readonly ndcg: number })[]
}

export type ChooseSequenceOptions = {
  readonly seed: number
  readonly visitors: Visitors
  readonly pool: KernelPool
  /** Items with fewer users take no part. */
  readonly minSupport: number
  readonly onShare?: (share: number) => void
}

/** Chooses how the encoder is trained on users held out with the latest fifth of their items; null where too few users have enough. */
export async function chooseSequence(
  log: Interactions,
  options: ChooseSequenceOptions,
): Promise<ChosenSequence | null> {
  const { seed, pool, visitors, onShare } = options
  const held = holdOutUsers(log, { seed, order: 'use', visitors, maxUsers: TRIAL_USERS, maxTrainRows: TRIAL_ROWS })
  const histories = historiesOf(held.log, evidenceOf(held.log, options.minSupport), held.trainUsers)
  if (held.histories.length < 20) return null
  const epochs = Math.max(4, Math.min(MOST_EPOCHS, Math.floor(TRIAL_WORK / histories.items.length)))
  const every = Math.max(1, Math.round(epochs / LOOKS))
  const tried: ChosenSequence['tried'][number][] = []
  for (const [done, trial] of TRIALS.entries()) {
    let best = { epochs: every, ndcg: Number.NEGATIVE_INFINITY }
    await trainSequence(histories, log.itemCount, { ...trial, epochs, seed, pool }, async (network, epoch) => {
      onShare?.((done + epoch / epochs) / TRIALS.length)
      if (epoch % every !== 0) return false
      const ndcg = await judgeNetwork(pool, network, held, { itemCount: log.itemCount, k: JUDGED_AT })
      if (ndcg > best.ndcg) best = { epochs: epoch, ndcg }
      return epoch - best.epochs >= PATIENCE * every
    })
    tried.push({ ...trial, ...best })
  }
  const { ndcg, ...settings } = tried.reduce((a, b) => (b.ndcg > a.ndcg ? b : a))
  return { settings, ndcg, tried }
}
