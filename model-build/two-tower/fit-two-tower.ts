import type { Dataset } from '../dataset.ts'
import { historiesOf } from '../sequence/fit-sequence.ts'
import { extractContent } from '../train/content-features.ts'
import { type TwoTowerModel, type TwoTowerOptions, trainTwoTower } from './train-two-tower.ts'

/** Rows read in all epochs of one fit: a log of a million rows is read eight times. */
const MOST_WORK = 8_000_000

/** Trains the two towers on the histories of a log. Items without evidence take no part, and have a vector from their content. */
export function fitTwoTower(
  { items, interactions: log }: Pick<Dataset, 'items' | 'interactions'>,
  hasEvidence: Uint8Array,
  options: TwoTowerOptions,
  onEpoch?: (done: number, total: number) => void,
): Promise<TwoTowerModel> {
  const histories = historiesOf(log, hasEvidence)
  const most = Math.ceil(MOST_WORK / Math.max(1, histories.items.length))
  const epochs = Math.max(1, Math.min(options.epochs, most))
  return trainTwoTower(histories, extractContent(items), { ...options, epochs }, async (_takeModel, epoch) => {
    onEpoch?.(epoch, epochs)
    return false
  })
}
