import type { Dataset } from '../dataset.ts'
import { type TrialOptions, type TrialSample, trialHistories } from '../sequence/trial-histories.ts'
import { extractContent } from '../train/content-features.ts'
import { type Tried, tryEach } from '../train/try-each.ts'
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

/** Chooses how the two towers are trained on users held out; null where too few users have enough. */
export async function chooseTwoTower(
  { items, interactions: log }: Pick<Dataset, 'items' | 'interactions'>,
  options: TrialOptions & TrialSample & { readonly dim: number },
): Promise<ChosenTwoTower | null> {
  const { seed, pool, dim } = options
  const found = trialHistories(log, options, options)
  if (found === null) return null
  const { held, histories } = found
  const content = extractContent(items)
  const effort = { rows: histories.items.length, work: options.work, looks: LOOKS, onShare: options.onShare }
  const trials = log.order === 'none' ? UNORDERED : ORDERED
  return tryEach(trials, effort, (settings, look) =>
    trainTwoTower(histories, content, { ...settings, dim, seed, pool }, (takeModel, epoch) =>
      look(epoch, async () => judgeTwoTower(pool, await takeModel(), held)),
    ),
  )
}
