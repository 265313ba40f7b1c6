import { freshHitChance, HIST_PRIME, wantedHitChance } from '#contract/feedback/chance'
import { hits, isSeedOf, type Seed, type Shape, type Target } from '#contract/feedback/seeds'

/** What a device knows about one question: a cell, 0 or 1, or a vector of which the part within norm 1 counts. */
export type Answer = number | Float64Array

/** Uniform 32-bit words from a cryptographic source. */
export type Words = () => number

/** The parts of the randomiser that carry the guarantee; tests put wrong ones in to see that they are found. */
export type RandomiserParts = {
  readonly chance: (a: number, epsilon: number) => number
  readonly hits: (shape: Shape, seed: Seed, target: Target) => boolean
  readonly target: (shape: Shape, answer: Answer, words: Words) => Target | null
}

const PARTS: RandomiserParts = { chance: wantedHitChance, hits, target: targetOf }

/**
 * Draws the seed that a report carries: one that hits the answer with chance p, else one that misses. Any seed is at most e^epsilon times
 * likelier under one answer than under another, whatever the answers are.
 * @param answer - Read only; a vector of `shape.size` numbers.
 */
export function randomise(shape: Shape, answer: Answer, words: Words, parts: RandomiserParts = PARTS): Seed {
  const target = parts.target(shape, answer, words)
  if (target === null) return freshSeed(shape, words)
  const isWanted = fraction(words) < parts.chance(freshHitChance(shape.type, shape.epsilon), shape.epsilon)
  for (;;) {
    const seed = freshSeed(shape, words)
    if (parts.hits(shape, seed, target) === isWanted) return seed
  }
}

/** A uniform seed. */
export function freshSeed({ type }: Pick<Shape, 'type'>, words: Words): Seed {
  const mask = type === 'hist' ? HIST_MASK : 0xffffffff
  for (;;) {
    const seed = { hi: (words() & mask) >>> 0, lo: (words() & mask) >>> 0 }
    if (isSeedOf(type, seed)) return seed
  }
}

/** 2^26 - 1: the prime is just below, so that hardly any draw is thrown away. */
const HIST_MASK = (1 << Math.ceil(Math.log2(HIST_PRIME))) - 1

/** A uniform fraction of 53 random bits. */
export function fraction(words: Words): number {
  return (words() * 2 ** 21 + (words() >>> 11)) / 2 ** 53
}

/**
 * What the seed is tested against. A vector r u with |u| = 1 becomes u with chance (1 + r) / 2, else -u, where r is cut to 1; its mean is
 * the vector. null for the zero vector, and for one that is not finite: a uniform seed then says nothing.
 */
export function targetOf({ size }: Shape, answer: Answer, words: Words): Target | null {
  if (typeof answer === 'number') return answer
  let squares = 0
  for (const value of answer) squares += value * value
  if (!(squares > 0 && squares < Number.MAX_VALUE) || answer.length !== size) return null
  const norm = Math.sqrt(squares)
  const sign = fraction(words) < (1 + Math.min(1, norm)) / 2 ? 1 : -1
  return answer.map((value) => (sign * value) / norm)
}
