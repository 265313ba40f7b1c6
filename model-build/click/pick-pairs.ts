import { type Groups, type PairGroups, pairGroups } from './groups.ts'
import type { Impressions } from './read-impressions.ts'
import { chooseStrength, type GroupRates, type History, pairPrior, smoothedRates } from './target-statistics.ts'

/** A group and how strongly its rates are smoothed. */
export type SmoothedGroups<G extends Groups = Groups> = { readonly groups: G; readonly strength: number }

/** A pair of columns that tells more together than apart; `first` and `second` are numbers of single groups. */
export type SmoothedPair = SmoothedGroups<PairGroups> & { readonly a: number; readonly b: number }

const MOST_PAIRS = 20
/** Gain in nats per row below which a pair is left out. */
const LEAST_GAIN = 2e-4
/** Rows on which pairs are compared. */
const COMPARED_ROWS = 150_000

/** Chooses each single group's smoothing on the train labels. */
export function smoothSingles(singles: readonly Groups[], history: History): SmoothedGroups[] {
  return singles.map((groups) => ({ groups, strength: chooseStrength(groups, history, () => history.base).strength }))
}

/** Rates of single groups under a history. */
export function singleRates(singles: readonly SmoothedGroups[], history: History): GroupRates[] {
  return singles.map(({ groups, strength }) => smoothedRates(groups, history, () => history.base, strength))
}

/**
 * Finds the pairs of columns whose joint rates foretell train labels best beyond what each says alone. Columns of one and the same user or
 * item are no pairs: together they say no more than who it is.
 */
export function pickPairs(rows: Impressions, singles: readonly SmoothedGroups[], history: History): SmoothedPair[] {
  const step = Math.max(1, Math.floor(history.rows.length / COMPARED_ROWS))
  const sample = { ...history, rows: history.rows.filter((_, k) => k % step === 0) }
  const rates = singleRates(singles, sample)
  const judged: { a: number; b: number; gain: number }[] = []
  singles.forEach((first, a) => {
    singles.slice(a + 1).forEach((second, k) => {
      const [x, y] = [first.groups.owner, second.groups.owner]
      if (x === y && x !== 'row') return
      const b = a + 1 + k
      const pairs = pairGroups(first.groups, second.groups, rows.rowCount)
      const prior = pairPrior(pairs, rates[a], rates[b], history.base)
      judged.push({ a, b, gain: chooseStrength(pairs, sample, prior).gain })
    })
  })
  const best = judged.filter(({ gain }) => gain > LEAST_GAIN).sort((x, y) => y.gain - x.gain)
  const whole = singleRates(singles, history)
  return best.slice(0, MOST_PAIRS).map(({ a, b }) => {
    const groups = pairGroups(singles[a].groups, singles[b].groups, rows.rowCount)
    const { strength } = chooseStrength(groups, history, pairPrior(groups, whole[a], whole[b], history.base))
    return { groups, strength, a, b }
  })
}

/** How far a pair's rate is from what its parts foretell, in log-odds by group. */
export function pairEffects(pair: SmoothedPair, rates: readonly GroupRates[], history: History): Float64Array {
  const prior = pairPrior(pair.groups, rates[pair.a], rates[pair.b], history.base)
  const { logOdds } = smoothedRates(pair.groups, history, prior, pair.strength)
  return logOdds.map((value, g) => {
    const p = prior(g)
    return value - Math.log(p / (1 - p))
  })
}
