import type { RuleDefaults } from '#contract/manifest'
import { explore, type Placed } from './explore.ts'
import { boost, decaySeen, favourFresh, isValid } from './factors.ts'
import type { Pool } from './pool.ts'
import type { BetaPrior } from './thompson.ts'
import { capCategories, diversify } from './variety.ts'

/** The circumstances in which rules are applied. */
export type RuleContext = {
  readonly count: number
  readonly nowMs: number
  /** Showings without a click by itemNo. */
  readonly shown: ReadonlyMap<number, number>
  /** Whether an item that is pinned may be shown (resident, not blocked). */
  readonly mayPin: (itemNo: number) => boolean
  /** What the release says of an item's click rate; strength 0 where nothing is known. */
  readonly priorOf: (itemNo: number) => BetaPrior
  readonly rng: () => number
}

/** One place of the final list: a candidate, or a pinned item that retrieval did not find (`candidate` -1). */
export type Place = Placed & { readonly itemNo: number }

/**
 * Applies the rules in their fixed order: seen and rotation, pins, boosts, freshness, category limit, diversity, exploration. (Filters on
 * availability, region and safety act before, inside retrieval.) Pinned items keep their places whatever the others do.
 */
export function applyRules(pool: Pool, rules: RuleDefaults, context: RuleContext): readonly Place[] {
  const { count, nowMs } = context
  const seen = decaySeen(pool, rules.seenDecay, context.shown)
  const pins = validPins(rules, context)
  const pinned = new Set(pins.values())
  const free = { ...seen, order: seen.order.filter((candidate) => !pinned.has(pool.itemNos[candidate])) }
  const places = count - pins.size
  const scored = favourFresh(boost(free, rules.boosts, nowMs), rules.freshness, nowMs)
  const varied = diversify(capCategories(scored, rules.maxPerCategory, count), rules.diversity, places)
  const armOf = (candidate: number) => {
    const itemNo = pool.itemNos[candidate]
    return { prior: context.priorOf(itemNo), misses: context.shown.get(itemNo) ?? 0 }
  }
  const exploration = { epsilon: rules.exploration, armOf: rules.explorer === 'thompson' ? armOf : null }
  return interleave(pool, pins, explore(varied, places, exploration, context.rng))
}

/** The list without rules: the best, in order. */
export function takeBest(pool: Pool, count: number): readonly Place[] {
  return Array.from(pool.order.subarray(0, count), (candidate) => ({
    candidate,
    itemNo: pool.itemNos[candidate],
    propensity: 1,
    explored: false,
  }))
}

/** Pinned items by place; the first of several pins for a place or an item holds. */
function validPins(rules: RuleDefaults, context: RuleContext): Map<number, number> {
  const pins = new Map<number, number>()
  const taken = new Set<number>()
  for (const pin of rules.pins) {
    if (pin.position < 0 || pin.position >= context.count || pins.has(pin.position) || taken.has(pin.item)) continue
    if (!isValid(pin, context.nowMs) || !context.mayPin(pin.item)) continue
    pins.set(pin.position, pin.item)
    taken.add(pin.item)
  }
  return pins
}

/** Pins at their places, the rest around them; a pin beyond the end of a short list comes last. */
function interleave(pool: Pool, pins: ReadonlyMap<number, number>, placed: readonly Placed[]): readonly Place[] {
  const list: Place[] = []
  const left = new Map([...pins].sort(([a], [b]) => a - b))
  const pin = (position: number, itemNo: number): void => {
    left.delete(position)
    list.push({ candidate: pool.itemNos.indexOf(itemNo), itemNo, propensity: 1, explored: false })
  }
  for (const free of placed) {
    for (let itemNo = left.get(list.length); itemNo !== undefined; itemNo = left.get(list.length))
      pin(list.length, itemNo)
    list.push({ ...free, itemNo: pool.itemNos[free.candidate] })
  }
  for (const [position, itemNo] of left) pin(position, itemNo)
  return list
}
