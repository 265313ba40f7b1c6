import type { Pool } from './pool.ts'

/** Candidates behind the list among which exploration draws. */
const EXPLORED_CANDIDATES = 100

/** What stands at one place of a list. */
export type Placed = {
  readonly candidate: number
  /** Chance of this candidate at this place, given the places above; 1 without exploration. */
  readonly propensity: number
  readonly explored: boolean
}

/**
 * ε-greedy by place: with chance ε a place goes to a uniform draw from the next `EXPLORED_CANDIDATES` (the next best among
 * them), else to the next best. The propensity is that of the logged policy, for off-policy estimates:
 * (1 - ε)·[next best] + ε / choices.
 * @param count - Places to fill.
 * @param rng - Uniform in [0, 1); called once a place, twice where it explores. Not called for ε = 0.
 */
export function explore(pool: Pool, count: number, epsilon: number, rng: () => number): readonly Placed[] {
  const left = [...pool.order]
  const list: Placed[] = []
  while (list.length < count && left.length > 0) {
    const choices = Math.min(left.length, EXPLORED_CANDIDATES)
    const draws = epsilon > 0 && rng() < epsilon
    const at = draws ? Math.floor(rng() * choices) : 0
    const [candidate = 0] = left.splice(at, 1)
    const propensity = (at === 0 ? 1 - epsilon : 0) + epsilon / choices
    list.push({ candidate, propensity, explored: at > 0 })
  }
  return list
}
