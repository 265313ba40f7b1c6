import { meanHistory } from '#contract/mean-history'
import type { Interactions } from '../dataset.ts'
import { type TrialOptions, type TrialSample, trialHistories } from '../sequence/trial-histories.ts'
import type { IalsOptions } from '../train/ials.ts'
import { judgeQueries } from '../train/judge-queries.ts'
import { judgeIals } from '../train/select-ials.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type Tried, tryTwice } from '../train/try-each.ts'
import type { ValidationUsers } from '../train/validation-users.ts'
import { type MeanSettings, QUERY_SCALE, trainMean } from './train-mean.ts'

type Trial = Omit<MeanSettings, 'epochs'>

const UNORDERED = [
  { shown: 0.5, ratio: 1 },
  { shown: 0.8, ratio: 1 },
] as const

const ORDERED = [
  { shown: 0.8, ratio: 1 },
  { shown: 0, ratio: 0.9 },
] as const

/** Which way is the best hardly depends on these, which differ from log to log. */
const PACE = { learningRate: 0.01, decay: 0.3 } as const
const OTHER_PACES = [
  { learningRate: 0.02, decay: 0.3 },
  { learningRate: 0.02, decay: 0.1 },
] as const

const MOST_EPOCHS = 40

/** What validation found of the mean space alone, and exact iALS of as many dimensions on the same users. */
export type ChosenMean = Tried<Trial> & { readonly ials: number }

export type ChooseMeanOptions = TrialOptions &
  TrialSample & {
    /** What iALS was chosen to be: it is trained once more on the same rows. */
    readonly ials: Pick<IalsOptions, 'dim' | 'alpha0' | 'reg' | 'nu'>
  }

/**
 * Chooses how the mean space is trained on users held out: first what is shown of a history, then rate and decay. All trials take as many epochs and are
 * judged after the last. Null where too few users have enough.
 */
export async function chooseMean(log: Interactions, options: ChooseMeanOptions): Promise<ChosenMean | null> {
  const { seed, pool, ials } = options
  const found = trialHistories(log, options, options)
  if (found === null) return null
  const { held, histories } = found
  const isKnown = new Uint8Array(log.itemCount)
  for (const item of histories.items) isKnown[item] = 1
  const { dim } = ials
  const { work, onShare } = options
  const ways = log.order === 'none' ? UNORDERED : ORDERED
  const tried = await tryTwice<Trial>(
    {
      ...{ rows: histories.items.length, work, mostEpochs: MOST_EPOCHS, onShare },
      first: ways.map((way) => ({ ...way, ...PACE })),
      second: ({ shown, ratio }) => OTHER_PACES.map((pace) => ({ shown, ratio, ...pace })),
    },
    (settings, look) =>
      trainMean(histories, log.itemCount, { ...settings, dim, seed, pool }, async (items, epoch) => {
        await look(epoch, () => judgeItems(pool, held, { items, dim, isKnown, ratio: settings.ratio }))
      }),
  )
  return { ...tried, ials: await judgeIals(held, { ...ials, seed, pool }) }
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
function judgeItems(pool: KernelPool, held: ValidationUsers, { items, dim, isKnown, ratio }: Judged): Promise<number> {
  const known = held.histories.map((history) => history.filter((item) => isKnown[item] === 1))
  const amend = (scores: Float32Array) => {
    for (let item = 0; item < isKnown.length; item++) if (isKnown[item] === 0) scores[item] = Number.NEGATIVE_INFINITY
  }
  return judgeQueries(pool, { queries: queriesOf(known, { items, dim, ratio }), items, dim, amend }, held)
}
