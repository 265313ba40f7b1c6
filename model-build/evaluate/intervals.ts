import { createRandom } from '../train/random.ts'
import { bootstrapInterval, type Interval } from './bootstrap.ts'

/** One method's NDCG against another's on the same users. */
export type Paired = {
  /** Mean difference per user. */
  readonly difference: Interval
  /** Ratio of the means. */
  readonly ratio: Interval
}

const RESAMPLES = 1000

/**
 * Compares two methods user by user: both intervals come from drawing users, not methods, so that what both find hard cancels out.
 * @param a - One value per user, in the order of `b`.
 */
export function pairedInterval(a: ArrayLike<number>, b: ArrayLike<number>, seed: number): Paired {
  const count = Math.min(a.length, b.length)
  const difference = Float64Array.from({ length: count }, (_, user) => a[user] - b[user])
  return { difference: bootstrapInterval(difference, { seed }), ratio: ratioInterval(a, b, seed) }
}

function ratioInterval(a: ArrayLike<number>, b: ArrayLike<number>, seed: number): Interval {
  const count = Math.min(a.length, b.length)
  const random = createRandom(seed)
  const ratios = new Float64Array(RESAMPLES)
  for (let sample = 0; sample < RESAMPLES; sample++) {
    let above = 0
    let below = 0
    for (let k = 0; k < count; k++) {
      const user = Math.floor(random() * count)
      above += a[user]
      below += b[user]
    }
    ratios[sample] = above / below
  }
  ratios.sort()
  const at = (share: number) => ratios[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN
  return { mean: sum(a) / sum(b), low: at(0.025), high: at(0.975) }
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let k = 0; k < values.length; k++) total += values[k]
  return total
}
