import { UNKNOWN_U16 } from '#contract/columns'
import type { Pool } from './pool.ts'

/** Candidates per list place among which diversity chooses. */
const CHOICES_PER_PLACE = 5

/**
 * At most `most` items of one category for each 10 places of the list, rounded up; items without a category are free. Surplus items go
 * to the end in their order, so that a list stays full when nothing else is left.
 */
export function capCategories(pool: Pool, most: number, count: number): Pool {
  if (most <= 0) return pool
  const limit = Math.max(1, Math.ceil((most * count) / 10))
  const taken = new Map<number, number>()
  const kept: number[] = []
  const surplus: number[] = []
  for (const candidate of pool.order) {
    const category = pool.category[candidate]
    const have = taken.get(category) ?? 0
    taken.set(category, have + 1)
    if (category === UNKNOWN_U16 || have < limit) kept.push(candidate)
    else surplus.push(candidate)
  }
  return { ...pool, order: Int32Array.of(...kept, ...surplus), kept: kept.length }
}

/**
 * Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): each place takes the candidate with the largest
 * (1 - diversity) · strength - diversity · (largest cosine with those above), among the first `CHOICES_PER_PLACE` · count that
 * the category limit let through.
 */
export function diversify(pool: Pool, diversity: number, count: number): Pool {
  const within = Math.min(pool.kept ?? pool.order.length, count * CHOICES_PER_PLACE)
  if (diversity <= 0 || within < 2) return pool
  const choices = pool.order.subarray(0, within)
  const units = Array.from(choices, (candidate) => unit(pool, candidate))
  const nearest = new Float64Array(within)
  const left = new Set(choices.keys())
  const chosen: number[] = []
  while (chosen.length < Math.min(count, within)) {
    let best = -1
    let bestValue = Number.NEGATIVE_INFINITY
    for (const k of left) {
      const value = (1 - diversity) * pool.strength[choices[k]] - diversity * nearest[k]
      if (value > bestValue) {
        best = k
        bestValue = value
      }
    }
    chosen.push(best)
    left.delete(best)
    for (const k of left) nearest[k] = Math.max(chosen.length === 1 ? -1 : nearest[k], inner(units[k], units[best]))
  }
  const order = pool.order.slice()
  order.set([...chosen, ...left].map((k) => choices[k]))
  return { ...pool, order }
}

function unit({ vectors, dim }: Pool, candidate: number): Float64Array {
  const out = Float64Array.from(vectors.subarray(candidate * dim, (candidate + 1) * dim))
  const norm = Math.sqrt(inner(out, out))
  for (let d = 0; d < dim; d++) out[d] = norm > 0 ? out[d] / norm : 0
  return out
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d]
  return sum
}
