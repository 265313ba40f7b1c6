import type { Interactions } from '../dataset.ts'
import { fillRare, historiesOf } from '../sequence/fit-sequence.ts'
import { type MeanModel, type MeanOptions, trainMean } from './train-mean.ts'

/** Rows read in all epochs of one fit, at half a million a second on two cores: a log of a million rows is read sixteen times. */
const MOST_WORK = 16_000_000

/** Share of the epochs that a fit needs which starts from one on fewer rows. */
const WARM_SHARE = 0.34

/** Trains the mean space on the histories of a log. Items without evidence take no part, and get the mean vector of the rarest that do. */
export async function fitMean(
  log: Interactions,
  hasEvidence: Uint8Array,
  options: MeanOptions,
  onEpoch?: (done: number, total: number) => void,
): Promise<MeanModel> {
  const histories = historiesOf(log, hasEvidence)
  const wanted = options.epochs * (options.start === undefined ? 1 : WARM_SHARE)
  const epochs = Math.ceil(Math.max(1, Math.min(wanted, MOST_WORK / Math.max(1, histories.items.length))))
  const model = await trainMean(histories, log.itemCount, { ...options, epochs }, async (_items, epoch) => {
    onEpoch?.(epoch, epochs)
  })
  fillRare(model.items, histories, model.dim)
  return model
}
