import { SIGNAL, type Signals } from '../dataset.ts'
import { logRankQuantiles } from './quantiles.ts'

/** Columns of rates, one byte per item; 0 where nothing may be said. */
export type ItemRates = {
  readonly clickRate: Uint8Array
  readonly conversionRate: Uint8Array
  readonly quality: Uint8Array
  readonly priorMean: Uint8Array
  readonly priorStrength: Uint8Array
}

/** Events of the whole log's rate that each item starts with. */
const SMOOTHING = 20

/** Pseudo-showings that a release gives away at most (DESIGN section 3). */
const MOST_STRENGTH = 200

/**
 * Click rates (clicks over showings), conversion rates (purchases over clicks) and opinions (ratings, likes and dislikes), each smoothed
 * towards that of all items by SMOOTHING events (empirical Bayes), as quantiles; and Beta priors of the click rate. An item that fewer than
 * `minSupport` people were shown (clicked, judged) gets 0.
 */
export function itemRates(signals: Signals | undefined, itemCount: number, minSupport: number): ItemRates {
  const count = (of: (at: number) => number) => counter(signals, itemCount, minSupport, of)
  const is = (kind: number) => (at: number) => (signals?.kind[at] === kind ? 1 : 0)
  const [shown, clicked, bought, judged] = [SIGNAL.shown, SIGNAL.clicked, SIGNAL.bought, SIGNAL.opinion].map((kind) =>
    count(is(kind)),
  )
  const liked = count((at) => is(SIGNAL.opinion)(at) * (signals?.opinion[at] ?? 0))
  const clicks = smoothed(clicked.sums, shown)
  const strengths = shown.sums.map((events, item) => (shown.isBacked(item) ? Math.min(MOST_STRENGTH, events) : 0))
  return {
    clickRate: logRankQuantiles(clicks),
    conversionRate: logRankQuantiles(smoothed(bought.sums, clicked)),
    quality: logRankQuantiles(smoothed(liked.sums, judged)),
    priorMean: Uint8Array.from(clicks, (rate) => (rate > 0 ? Math.max(1, Math.round(255 * rate)) : 0)),
    priorStrength: Uint8Array.from(strengths),
  }
}

type Counted = { readonly sums: Float64Array; readonly isBacked: (item: number) => boolean }

/** Sums over signals per item, and whether enough people stand behind each. */
function counter(
  signals: Signals | undefined,
  itemCount: number,
  minSupport: number,
  of: (at: number) => number,
): Counted {
  const sums = new Float64Array(itemCount)
  const people = new Map<number, Set<number>>()
  for (let at = 0; at < (signals?.item.length ?? 0); at++) {
    const value = of(at)
    const item = signals?.item[at] ?? 0
    if (value === 0) continue
    sums[item] += value
    const behind = people.get(item) ?? new Set()
    if (behind.size < minSupport) behind.add(signals?.user[at] ?? 0)
    people.set(item, behind)
  }
  return { sums, isBacked: (item) => (people.get(item)?.size ?? 0) >= minSupport }
}

/** Events over trials, at most 1, towards the rate of all; 0 where too few people stand behind the trials, or nothing ever happened. */
function smoothed(events: Float64Array, { sums, isBacked }: Counted): Float64Array {
  const trials = sums.reduce((all, value) => all + value, 0)
  const happened = events.reduce((all, value, item) => all + Math.min(value, sums[item]), 0)
  if (trials === 0 || happened === 0) return new Float64Array(events.length)
  const rate = happened / trials
  return events.map((value, item) =>
    isBacked(item) ? (Math.min(value, sums[item]) + SMOOTHING * rate) / (sums[item] + SMOOTHING) : 0,
  )
}
