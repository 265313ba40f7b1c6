import type { Dataset } from '../dataset.ts'
import { evidenceOf, historiesOf } from '../sequence/fit-sequence.ts'
import { extractContent } from '../train/content-features.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Tried, tryEach } from '../train/try-each.ts'
import { holdOutUsers, type Visitors } from '../train/validation-users.ts'
import { judgeTwoTower } from './judge-two-tower.ts'
import { type TwoTowerSettings, trainTwoTower } from './train-two-tower.ts'

type Trial = Omit<TwoTowerSettings, 'epochs'>

const UNORDERED: readonly Trial[] = [
  { shown: 0.5, ratios: [1] },
  { shown: 0.8, ratios: [1] },
]

const ORDERED: readonly Trial[] = [
  { shown: 0, ratios: [0.9, 0.6] },
  { shown: 0, ratios: [0.8, 0.5] },
]

/** Looks at the validation users in the epochs of one trial. */
const LOOKS = 15

/** What validation found of the two towers alone. */
export type ChosenTwoTower = Tried<Trial>

export type ChooseTwoTowerOptions = {
  readonly dim: number
  readonly seed: number
  readonly visitors: Visitors
  readonly pool: KernelPool
  /** Items with fewer users have content alone. */
  readonly minSupport: number
  readonly maxUsers: number
  /** Rows that settings are tried on, and rows read in all epochs of one trial. */
  readonly rows: number
  readonly work: number
  readonly onShare?: (share: number) => void
}

/** Chooses how the two towers are trained on users held out; null where too few users have enough. */
export async function chooseTwoTower(
  dataset: Pick<Dataset, 'items' | 'interactions'>,
  options: ChooseTwoTowerOptions,
): Promise<ChosenTwoTower | null> {
  const { interactions: log } = dataset
  const { seed, pool, dim, maxUsers, rows, visitors } = options
  const order = log.order === 'none' ? 'ignore' : 'use'
  const held = holdOutUsers(log, { seed, order, visitors, maxUsers, maxTrainRows: rows })
  if (held.histories.length < 20) return null
  const trials = order === 'use' ? ORDERED : UNORDERED
  const { log: shown, trainUsers } = held
  const histories = historiesOf(shown, evidenceOf(shown, options.minSupport), trainUsers)
  const content = extractContent(dataset.items)
  const effort = { rows: histories.items.length, work: options.work, looks: LOOKS, onShare: options.onShare }
  return tryEach(trials, effort, (settings, look) =>
    trainTwoTower(histories, content, { ...settings, dim, seed, pool }, (takeModel, epoch) =>
      look(epoch, async () => judgeTwoTower(pool, await takeModel(), held)),
    ),
  )
}
