import type { Interactions } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Tried, tryEach } from '../train/try-each.ts'
import { holdOutUsers, type Visitors } from '../train/validation-users.ts'
import { evidenceOf, historiesOf, type SequenceSettings } from './fit-sequence.ts'
import { judgeNetwork } from './judge.ts'
import { trainSequence } from './train-sequence.ts'

/** What training is tried with, beside the number of epochs. */
const TRIALS: readonly Omit<SequenceSettings, 'epochs'>[] = [
  { dropout: 0.3, horizon: 1, learningRate: 0.002 },
  { dropout: 0.5, horizon: 8, learningRate: 0.002 },
]

/** Rows that settings are tried on; the best number of epochs hardly depends on more. */
const TRIAL_ROWS = 200_000

const TRIAL_USERS = 500

/** Rows read in all epochs of one trial: what limits the time of the search. */
const TRIAL_WORK = 3_000_000

/** Looks at the validation users in the epochs of one trial. */
const LOOKS = 12

const JUDGED_AT = 20

/** What validation found of the encoder alone. */
export type ChosenSequence = Tried<Omit<SequenceSettings, 'epochs'>>

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
  const effort = { rows: histories.items.length, work: TRIAL_WORK, looks: LOOKS, onShare }
  return tryEach(TRIALS, effort, (settings, look) =>
    trainSequence(histories, log.itemCount, { ...settings, seed, pool }, (network, epoch) =>
      look(epoch, () => judgeNetwork(pool, network, held, { itemCount: log.itemCount, k: JUDGED_AT })),
    ),
  )
}
