import { DAY_MS, DAY_ZERO_MS, UNKNOWN_U16 } from '#contract/columns'
import { freshness } from '#contract/freshness'
import type { RuleDefaults } from '#contract/manifest'
import { type Pool, scalePool } from './pool.ts'

/** Showings beyond this do not weaken an item further. */
const MOST_SHOWINGS = 50

/**
 * Already seen and rotation: the strength of an item falls by `decay` with each showing that brought no click, so that
 * lists turn over.
 * @param shown - Showings without a click by itemNo.
 */
export function decaySeen(pool: Pool, decay: number, shown: ReadonlyMap<number, number>): Pool {
  if (decay >= 1 || shown.size === 0) return pool
  return scalePool(pool, (candidate) => {
    const times = Math.min(MOST_SHOWINGS, shown.get(pool.itemNos[candidate]) ?? 0)
    let factor = 1
    for (let k = 0; k < times; k++) factor *= decay
    return factor
  })
}

/** Multiplies by every boost that names the item or its category and is valid now. */
export function boost(pool: Pool, boosts: RuleDefaults['boosts'], nowMs: number): Pool {
  const valid = boosts.filter((entry) => isValid(entry, nowMs))
  if (valid.length === 0) return pool
  return scalePool(pool, (candidate) => {
    let factor = 1
    for (const entry of valid)
      if (entry.item === pool.itemNos[candidate] || entry.category === pool.category[candidate]) factor *= entry.factor
    return factor
  })
}

/** Multiplies by 1 + share · freshness(age); items of unknown age stay. */
export function favourFresh(pool: Pool, share: number, nowMs: number): Pool {
  if (share === 0) return pool
  const today = (nowMs - DAY_ZERO_MS) / DAY_MS
  return scalePool(pool, (candidate) => {
    const day = pool.createdDay[candidate]
    return day === UNKNOWN_U16 ? 1 : 1 + share * freshness(Math.max(0, today - day))
  })
}

/** Whether `from` ≤ now < `until`, both ISO 8601 or absent; a time that cannot be read never holds. */
export function isValid(entry: { readonly from?: string; readonly until?: string }, nowMs: number): boolean {
  const starts = entry.from === undefined || Date.parse(entry.from) <= nowMs
  const ends = entry.until === undefined || nowMs < Date.parse(entry.until)
  return starts && ends
}
