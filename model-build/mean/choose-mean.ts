import { meanHistory } from '#contract/mean-history'
import type { Interactions } from '../dataset.ts'
import { evidenceOf, historiesOf } from '../sequence/fit-sequence.ts'
import { padRows, scoreAll } from '../train/dense-scores.ts'
import type { IalsOptions } from '../train/ials.ts'
import { judgeIals } from '../train/select-ials.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Tried, tryEach } from '../train/try-each.ts'
import { holdOutUsers, ndcgOfScores, type ValidationUsers, type Visitors } from '../train/validation-users.ts'
import { type MeanSettings, QUERY_SCALE, trainMean } from './train-mean.ts'

type Trial = Omit<MeanSettings, 'epochs'>

const UNORDERED: readonly Trial[] = [
  { shown: 0.5, ratio: 1 },
  { shown: 0.8, ratio: 1 },
]

const ORDERED: readonly Trial[] = [
  { shown: 0.8, ratio: 1 },
  { shown: 0, ratio: 0.9 },
]

/** Looks at the validation users in the epochs of one trial. */
const LOOKS = 15

const JUDGED_AT = 20

/** What validation found of the mean space alone: each trial at its best epoch, and exact iALS of as many dimensions on the same users. */
export type ChosenMean = Tried<Trial> & { readonly ials: number }

export type ChooseMeanOptions = {
  /** What iALS was chosen to be: it is trained once more on the same rows. */
  readonly ials: Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu'>
  readonly seed: number
  readonly visitors: Visitors
  readonly pool: KernelPool
  /** Items with fewer users take no part. */
  readonly minSupport: number
  readonly maxUsers: number
  /** Rows that settings are tried on, and rows read in all epochs of one trial. */
  readonly rows: number
  readonly work: number
  readonly onShare?: (share: number) => void
}

/** Chooses how the mean space is trained on users held out; null where too few users have enough. */
export async function chooseMean(log: Interactions, options: ChooseMeanOptions): Promise<ChosenMean | null> {
  const { seed, pool, maxUsers, rows, ials, visitors } = options
  const order = log.order === 'none' ? 'ignore' : 'use'
  const held = holdOutUsers(log, { seed, order, visitors, maxUsers, maxTrainRows: rows })
  if (held.histories.length < 20) return null
  const trials = order === 'use' ? ORDERED : UNORDERED
  const { log: shown, trainUsers } = held
  const histories = historiesOf(shown, evidenceOf(shown, options.minSupport), trainUsers)
  const isKnown = new Uint8Array(log.itemCount)
  for (const item of histories.items) isKnown[item] = 1
  const { dim } = ials
  const effort = { rows: histories.items.length, work: options.work, looks: LOOKS, onShare: options.onShare }
  const found = await tryEach(trials, effort, (settings, look) =>
    trainMean(histories, log.itemCount, { ...settings, dim, seed, pool }, (items, epoch) =>
      look(epoch, () => judgeItems(pool, held, { items, dim, isKnown, ratio: settings.ratio })),
    ),
  )
  return { ...found, ials: await judgeIals(held, { ...ials, seed, pool }) }
}

/** Queries of histories (oldest first), row-major. */
export function queriesOf(
  histories: readonly Int32Array[],
  { items, dim, ratio }: Pick<Judged, 'items' | 'dim' | 'ratio'>,
): Float32Array {
  const encoder = { type: 'mean', ratio, scale: QUERY_SCALE } as const
  const users = new Float32Array(histories.length * dim)
  histories.forEach((history, user) => {
    const vectors = new Float32Array(history.length * dim)
    history.forEach((item, k) => {
      vectors.set(items.subarray(item * dim, (item + 1) * dim), k * dim)
    })
    users.set(meanHistory(encoder, vectors, dim), user * dim)
  })
  return users
}

type Judged = {
  readonly items: Float32Array
  readonly dim: number
  readonly isKnown: Uint8Array
  readonly ratio: number
}

/** Mean NDCG@20 over the full catalogue, history items masked; items that training never saw come last. */
async function judgeItems(
  pool: KernelPool,
  { histories, truths }: ValidationUsers,
  { items, dim, isKnown, ratio }: Judged,
): Promise<number> {
  const known = histories.map((history) => history.filter((item) => isKnown[item] === 1))
  const users = queriesOf(known, { items, dim, ratio })
  return pool.scope(async () => {
    let sum = 0
    await scoreAll(pool, padRows(pool, users, dim), padRows(pool, items, dim), (user, scores) => {
      for (let item = 0; item < isKnown.length; item++) if (isKnown[item] === 0) scores[item] = Number.NEGATIVE_INFINITY
      sum += ndcgOfScores(scores, histories[user], truths[user], JUDGED_AT)
    })
    return sum / histories.length
  })
}
