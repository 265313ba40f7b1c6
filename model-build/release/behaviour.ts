import type { Interactions } from '../dataset.ts'

const DAY_MS = 86_400_000

/** What a log says of each item, before it is coarsened for release. One entry per item. */
export type Behaviour = {
  /** Distinct users. */
  readonly support: Float64Array
  /** Users weighted by how recent their interaction is; zeros where the log has no real times. */
  readonly trending: Float64Array
  /** First interaction, ms; NaN where unknown. */
  readonly firstAt: Float64Array
  /** Time of the newest row, ms; NaN where the log has no real times. */
  readonly newestAt: number
}

/**
 * Counts users per item; `trending` weighs each row by 2^(-age / halfLifeDays), ages from the newest row.
 * A user counts once per item because a dataset holds one row per pair.
 */
export function summariseBehaviour(log: Interactions, halfLifeDays: number): Behaviour {
  const support = new Float64Array(log.itemCount)
  const trending = new Float64Array(log.itemCount)
  const firstAt = new Float64Array(log.itemCount).fill(Number.NaN)
  let newestAt = Number.NaN
  const timed = log.order === 'time'
  if (timed) for (const at of log.at) if (!(at <= newestAt) && !Number.isNaN(at)) newestAt = at
  for (let k = 0; k < log.item.length; k++) {
    const item = log.item[k]
    support[item] += 1
    if (!timed || Number.isNaN(log.at[k])) continue
    trending[item] += 2 ** (-(newestAt - log.at[k]) / (halfLifeDays * DAY_MS))
    if (!(firstAt[item] <= log.at[k])) firstAt[item] = log.at[k]
  }
  return { support, trending, firstAt, newestAt }
}
