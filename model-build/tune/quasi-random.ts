import { createRandom } from '../train/random.ts'

/**
 * Points of the R-sequence: coordinate j of point n is the fractional part of start_j + n / φ^(j + 1), φ being the root above 1 of x^(d + 1) = x + 1.
 * They fill the unit cube more evenly than random ones, any number of them. Source: Roberts, "The Unreasonable Effectiveness of Quasirandom
 * Sequences", 2018.
 * @returns `count` points of `dims` coordinates in [0, 1); the seed moves where the sequence starts.
 */
export function quasiRandomPoints(count: number, dims: number, seed: number): number[][] {
  const random = createRandom(seed)
  const starts = Array.from({ length: dims }, () => random())
  const ratio = rootOf(dims)
  return Array.from({ length: count }, (_, n) => starts.map((start, j) => (start + (n + 1) / ratio ** (j + 1)) % 1))
}

/** The root above 1 of x^(d + 1) = x + 1, by its fixed-point iteration. */
function rootOf(dims: number): number {
  let x = 2
  for (let k = 0; k < 60; k++) x = (1 + x) ** (1 / (dims + 1))
  return x
}
