import { chachaBlock, chachaState } from './chacha20.ts'
import { HIST_PRIME, histThreshold, vecThreshold } from './chance.ts'
import type { Question } from './plan.ts'

/** What a report consists of, two words: (s1, s0) of a histogram, else 64 random bits. */
export type Seed = { readonly hi: number; readonly lo: number }

/** What a question asks of a seed: its type and size, and the budget. */
export type Shape = Pick<Question, 'type' | 'size'> & { readonly epsilon: number }

/** What a seed is tested against: a cell 0…size-1, a yes (1) or no (0), or a direction of norm 1. */
export type Target = number | Float64Array

const TWO_PI = 2 * Math.PI
const WORD = 2 ** 32

/** Whether a seed can have been drawn for a type of question. */
export function isSeedOf(type: Question['type'], { hi, lo }: Seed): boolean {
  return type !== 'hist' || (hi >= 1 && hi < HIST_PRIME && lo < HIST_PRIME)
}

/** Whether a seed hits a target; over fresh seeds the chance is `freshHitChance` for every target. */
export function hits({ type, size, epsilon }: Shape, seed: Seed, target: Target): boolean {
  if (typeof target !== 'number') {
    const normals = fillNormals(seed, new Float64Array(size))
    let sum = 0
    for (let d = 0; d < size; d++) sum += normals[d] * target[d]
    return sum >= vecThreshold(epsilon)
  }
  return type === 'bin'
    ? parity(seed) === target
    : (seed.hi * (target + 1) + seed.lo) % HIST_PRIME < histThreshold(epsilon)
}

/** The sum of a seed's 64 bits, modulo 2: no single byte of a seed then says anything about the answer. */
export function parity({ hi, lo }: Seed): number {
  let bits = hi ^ lo
  for (let shift = 16; shift > 0; shift >>= 1) bits ^= bits >>> shift
  return bits & 1
}

/**
 * Fills an array with the standard normals of a seed: ChaCha20 with the seed as the first two key words (others 0), each pair of its words
 * (w, v) through Box-Muller: sqrt(-2 ln u) (cos, sin)(2 pi v / 2^32) with u = (w + 1/2) / 2^32. Engines agree to 1e-12.
 * @returns The same array.
 */
export function fillNormals({ hi, lo }: Seed, normals: Float64Array): Float64Array {
  const state = chachaState([hi, lo])
  const block = new Uint32Array(16)
  for (let d = 0; d < normals.length; d += 2) {
    const at = d % 16
    if (at === 0) chachaBlock(state, block)
    const radius = Math.sqrt(-2 * Math.log((block[at] + 0.5) / WORD))
    const angle = (TWO_PI * block[at + 1]) / WORD
    normals[d] = radius * Math.cos(angle)
    if (d + 1 < normals.length) normals[d + 1] = radius * Math.sin(angle)
  }
  return normals
}
