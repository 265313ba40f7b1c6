import type { Interactions } from '../dataset.ts'
import { type Tried, tryEach } from '../train/try-each.ts'
import type { SequenceSettings } from './fit-sequence.ts'
import { judgeNetwork } from './judge.ts'
import { trainSequence } from './train-sequence.ts'
import { type TrialOptions, type TrialSample, trialHistories } from './trial-histories.ts'

/** What training is tried with, beside the number of epochs. */
const TRIALS: readonly Omit<SequenceSettings, 'epochs'>[] = [
  { dropout: 0.3, horizon: 1, learningRate: 0.002 },
  { dropout: 0.5, horizon: 8, learningRate: 0.002 },
]

/** The best number of epochs hardly depends on more rows; the work is what limits the time of the search. */
const SAMPLE: TrialSample = { maxUsers: 500, rows: 200_000, work: 3_000_000 }

/** Looks at the validation users in the epochs of one trial. */
const LOOKS = 12

/** What validation found of the encoder alone. */
export type ChosenSequence = Tried<Omit<SequenceSettings, 'epochs'>>

/** Chooses how the encoder is trained on users held out with the latest fifth of their items; null where too few users have enough. */
export async function chooseSequence(log: Interactions, options: TrialOptions): Promise<ChosenSequence | null> {
  const { seed, pool, onShare } = options
  const found = trialHistories(log, options, SAMPLE)
  if (found === null) return null
  const { held, histories } = found
  const effort = { rows: histories.items.length, work: SAMPLE.work, looks: LOOKS, onShare }
  return tryEach(TRIALS, effort, (settings, look) =>
    trainSequence(histories, log.itemCount, { ...settings, seed, pool }, (network, epoch) =>
      look(epoch, () => judgeNetwork(pool, network, held, log.itemCount)),
    ),
  )
}
