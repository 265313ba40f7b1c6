import type { Interactions } from '../dataset.ts'
import { type Tried, tryTwice } from '../train/try-each.ts'
import type { SequenceSettings } from './fit-sequence.ts'
import { judgeNetwork } from './judge.ts'
import { trainSequence } from './train-sequence.ts'
import { type TrialOptions, type TrialSample, trialHistories } from './trial-histories.ts'

/** How far ahead a row's target may lie: the next item alone where what follows depends on it, else any of the next few. */
const HORIZONS = [1, 3] as const

/** Which horizon is the best hardly depends on dropout; small logs want more of it. */
const DROPOUT = 0.5
const OTHER_DROPOUTS = [0.3, 0.65] as const

const LEARNING_RATE = 0.008

/** How many epochs are best hardly depends on more rows; the work is what limits the time of the search. */
const SAMPLE: TrialSample = { maxUsers: 500, rows: 200_000, work: 3_000_000 }

const MOST_EPOCHS = 40

/** What validation found of the encoder alone. */
export type ChosenSequence = Tried<Trial>

type Trial = Omit<SequenceSettings, 'epochs'>

/**
 * Chooses how the encoder is trained on users held out with the latest fifth of their items: first the horizon, then dropout. All trials take as many
 * epochs and are judged after the last. Null where too few users have enough.
 */
export async function chooseSequence(log: Interactions, options: TrialOptions): Promise<ChosenSequence | null> {
  const { seed, pool, onShare } = options
  const found = trialHistories(log, options, SAMPLE)
  if (found === null) return null
  const { held, histories } = found
  const common = { dropout: DROPOUT, learningRate: LEARNING_RATE }
  return tryTwice<Trial>(
    {
      ...{ rows: histories.items.length, work: SAMPLE.work, mostEpochs: MOST_EPOCHS, onShare },
      first: HORIZONS.map((horizon) => ({ ...common, horizon })),
      second: ({ horizon }) => OTHER_DROPOUTS.map((dropout) => ({ ...common, horizon, dropout })),
    },
    (settings, look) =>
      trainSequence(histories, log.itemCount, { ...settings, seed, pool }, async (network, epoch) => {
        await look(epoch, () => judgeNetwork(pool, network, held, log.itemCount))
      }),
  )
}
