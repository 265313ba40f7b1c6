import type { Pool } from './pool.ts'
import { type Arm, createThompson } from './thompson.ts'

/** Candidates behind the list among which exploration draws. */
const EXPLORED_CANDIDATES = 100

/** What stands at one place of a list. */
export type Placed = {
  readonly candidate: number
  /** Chance of this candidate at this place, given the places above; 1 without exploration. */
  readonly propensity: number
  readonly explored: boolean
}

/** How places are given away by chance. */
export type Exploration = {
  /** Chance that a place is drawn and not given to the next best, 0 … 1. */
  readonly epsilon: number
  /** What is known of a candidate, for Thompson sampling; null draws uniformly. */
  readonly armOf: ((candidate: number) => Arm) | null
}

/**
 * Exploration by place: with chance ε a place goes to a draw from the next `EXPLORED_CANDIDATES` (the next best among them), else to the next
 * best. The draw is uniform (ε-greedy), or each candidate has the chance that Thompson sampling would choose it. The propensity is that of
 * the logged policy, for off-policy estimates: (1 - ε)·[next best] + ε · chance of the draw; at each place they sum to 1 over the candidates.
 * @param count - Places to fill.
 * @param rng - Uniform in [0, 1); called once a place, twice where it explores. Not called for ε = 0.
 */
export function explore(pool: Pool, count: number, exploration: Exploration, rng: () => number): readonly Placed[] {
  const { epsilon, armOf } = exploration
  const left = [...pool.order]
  const places = left.slice(0, count + EXPLORED_CANDIDATES)
  const thompson = epsilon <= 0 || armOf === null ? null : createThompson(places.map(armOf))
  const indexOf = new Map(places.map((candidate, index) => [candidate, index]))
  const list: Placed[] = []
  while (list.length < count && left.length > 0) {
    if (epsilon <= 0) {
      list.push({ candidate: left.shift() ?? 0, propensity: 1, explored: false })
      continue
    }
    const next = left.slice(0, EXPLORED_CANDIDATES)
    const chances = thompson?.(next.map((candidate) => indexOf.get(candidate) ?? 0)) ?? alike(next.length)
    const at = rng() < epsilon ? draw(chances, rng()) : 0
    const [candidate = 0] = left.splice(at, 1)
    const propensity = (at === 0 ? 1 - epsilon : 0) + epsilon * chances[at]
    list.push({ candidate, propensity, explored: at > 0 })
  }
  return list
}

function alike(count: number): Float64Array {
  return new Float64Array(count).fill(1 / count)
}

/** Index whose share of 0 … 1 holds `at`. */
function draw(chances: Float64Array, at: number): number {
  let rest = at
  for (let k = 0; k < chances.length - 1; k++) {
    rest -= chances[k]
    if (rest < 0) return k
  }
  return chances.length - 1
}
