import { createHmac } from 'node:crypto'
import { discreteLaplace } from './discrete-laplace.ts'
import type { VisitorDay } from './visitor-days.ts'

/** Pairs of items seen together, with noise: all that first-party events say to a model. */
export type NoisedPairs = {
  /** Item indices, `first[k] < second[k]`, ascending. */
  readonly first: Int32Array
  readonly second: Int32Array
  /** Visitor days with both, noise added, at least 1. */
  readonly count: Int32Array
  /** Pairs seen at all, those here included. */
  readonly pairsSeen: number
}

export type PairPrivacy = {
  /** Pairs that one visitor's day adds to at most. */
  readonly pairsPerDay: number
  /** Pairs of fewer distinct pseudonyms are not used. */
  readonly minPseudonyms: number
  /** Privacy loss of one release; the noise has scale pairsPerDay / epsilon. */
  readonly epsilon: number
  /** Secret that noise derives from. */
  readonly key: Uint8Array
}

/** Section 12 of the privacy specification. */
export const PAIR_PRIVACY = { pairsPerDay: 20, minPseudonyms: 20, epsilon: 1 } as const

/**
 * Counts pairs of items over visitors' days. A day adds 1 to at most `pairsPerDay` pairs: items next to each other in its order first, then
 * those further apart. Pairs of fewer than `minPseudonyms` days are dropped on their exact count; the rest get discrete Laplace noise, and those
 * that it leaves below 1 are dropped too.
 *
 * The counts of a release are epsilon-differentially private for one visitor's day, up to which pairs pass the threshold. The noise of a pair
 * derives from the key and the days behind it: building again from the same events tells nothing new, building from more events spends
 * epsilon again.
 */
export function countNoisedPairs(days: readonly VisitorDay[], itemCount: number, privacy: PairPrivacy): NoisedPairs {
  const exact = countPairs(days, itemCount, privacy)
  const scale = privacy.pairsPerDay / privacy.epsilon
  const kept: { pair: number; count: number }[] = []
  for (const [pair, { count, mixed }] of exact) {
    if (count < privacy.minPseudonyms) continue
    const noised = count + discreteLaplace(privacy.key, `pair ${pair} ${mixed}`, scale)
    if (noised >= 1) kept.push({ pair, count: noised })
  }
  kept.sort((a, b) => a.pair - b.pair)
  return {
    first: Int32Array.from(kept, ({ pair }) => Math.floor(pair / itemCount)),
    second: Int32Array.from(kept, ({ pair }) => pair % itemCount),
    count: Int32Array.from(kept, ({ count }) => count),
    pairsSeen: exact.size,
  }
}

type Tally = { count: number; mixed: number }

/** By `first * itemCount + second`; `mixed` is a sum over the days behind it that no order changes. */
function countPairs(days: readonly VisitorDay[], itemCount: number, privacy: PairPrivacy): Map<number, Tally> {
  const pairs = new Map<number, Tally>()
  for (const { pseudonym, items } of days) {
    if (items.length < 2) continue
    const mark = createHmac('sha256', privacy.key).update(`day ${pseudonym}`).digest().readUIntLE(0, 6)
    for (const pair of pairsOfDay(items, itemCount, privacy.pairsPerDay)) {
      const tally = pairs.get(pair) ?? { count: 0, mixed: 0 }
      pairs.set(pair, tally)
      tally.count++
      tally.mixed = (tally.mixed + mark) % 2 ** 48
    }
  }
  return pairs
}

function* pairsOfDay(items: readonly number[], itemCount: number, limit: number): Generator<number> {
  let left = limit
  for (let distance = 1; distance < items.length; distance++) {
    for (let at = 0; at + distance < items.length; at++) {
      if (left-- === 0) return
      const a = items[at]
      const b = items[at + distance]
      yield Math.min(a, b) * itemCount + Math.max(a, b)
    }
  }
}
