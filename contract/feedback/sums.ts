import { HIST_PRIME, histThreshold } from './chance.ts'
import { fillNormals, parity, type Seed, type Shape } from './seeds.ts'

/** Sums that each question has: networks are spread over them, so that a poisoner with few spoils few. */
export const STRIPES = 16

/** Numbers that a question's sum has: hits per cell, hits of «yes», or one per dimension. */
export function sumLength({ type, size }: Pick<Shape, 'type' | 'size'>): number {
  return type === 'bin' ? 1 : size
}

/**
 * What a report adds to its question's sum, `sumLength` numbers: 1 for each cell that the seed hits, or the seed's normals.
 * @returns A new array.
 */
export function expandSeed(shape: Shape, seed: Seed): Float64Array {
  const sum = new Float64Array(sumLength(shape))
  addSeed(shape, seed, sum)
  return sum
}

/** Adds what a report says into a sum of `sumLength` numbers. */
export function addSeed(shape: Shape, seed: Seed, sum: Float64Array): void {
  if (shape.type === 'bin') sum[0] += parity(seed)
  else if (shape.type === 'hist') addHits(shape.epsilon, seed, sum)
  else {
    const normals = fillNormals(seed, new Float64Array(shape.size))
    for (let d = 0; d < normals.length; d++) sum[d] += normals[d]
  }
}

/** All cells by repeated addition modulo the prime. */
function addHits(epsilon: number, { hi, lo }: Seed, sum: Float64Array): void {
  const threshold = histThreshold(epsilon)
  let residue = lo
  for (let cell = 0; cell < sum.length; cell++) {
    residue += hi
    if (residue >= HIST_PRIME) residue -= HIST_PRIME
    if (residue < threshold) sum[cell]++
  }
}
