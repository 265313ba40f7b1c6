import { hits, type Seed, type Shape, type Target } from '#contract/feedback/seeds'
import { type Answer, type RandomiserParts, randomise } from './randomise.ts'
import { seededWords } from './seeded-words.conformance.ts'

/** How much likelier a set of seeds is under one answer than under another, as measured. */
export type Audit = { readonly logRatio: number; readonly standardError: number }

/** Two answers and what tells them apart best: seeds that hit the first one's target and miss the second one's. */
export type Pair = { readonly one: Answer; readonly other: Answer; readonly hit: Target; readonly miss: Target | null }

export type AuditOptions = { readonly count: number; readonly seed: number; readonly parts?: RandomiserParts }

/**
 * Draws seeds under both answers and counts those that speak for the first. The likelihood of a seed depends on nothing but whether it hits,
 * so no other set tells the answers apart better.
 */
export function auditPair(shape: Shape, pair: Pair, { count, seed, parts }: AuditOptions): Audit {
  const speaks = (drawn: Seed): boolean =>
    hits(shape, drawn, pair.hit) && (pair.miss === null || !hits(shape, drawn, pair.miss))
  const countOf = (answer: Answer, salt: number): number => {
    const words = seededWords(seed * 2 + salt)
    let found = 0
    for (let i = 0; i < count; i++) if (speaks(randomise(shape, answer, words, parts))) found++
    return found
  }
  const one = countOf(pair.one, 0)
  const other = countOf(pair.other, 1)
  return {
    logRatio: Math.log(one / other),
    standardError: Math.sqrt(1 / one - 1 / count + 1 / other - 1 / count),
  }
}

/** A unit vector along an axis, times a length. */
export function axis(size: number, at: number, length = 1): Float64Array {
  const vector = new Float64Array(size)
  vector[at] = length
  return vector
}
