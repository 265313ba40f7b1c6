import { RecError } from '#contract/errors'
import { computeGramian, type Gramian } from '#contract/gramian'
import { dequantise, quantise } from '#contract/vectors'

/** A space on its grid: what ships, and what everything after training computes with. */
export type QuantisedSpace = {
  readonly dim: number
  readonly scales: Float32Array
  /** Row-major, one row per item. */
  readonly quantised: Int8Array
  /** fround(q · scale). */
  readonly dequantised: Float32Array
  readonly gramian: Gramian
}

/**
 * Puts item vectors (row-major) on an int8 grid; `frozen` keeps the grid of the last release.
 * @throws {RecError} `internal` for a value that is not a number: the grid has no place for it, and training went wrong.
 */
export function quantiseSpace(vectors: Float32Array, dim: number, frozen?: Float32Array): QuantisedSpace {
  const wrong = vectors.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0)
    throw new RecError('internal', `training gave item ${Math.floor(wrong / dim)} a vector with ${vectors[wrong]}`)
  const scales = frozen ?? gridScales(vectors, dim)
  const quantised = quantise(vectors, scales)
  const dequantised = dequantise(quantised, scales)
  return { dim, scales, quantised, dequantised, gramian: computeGramian(dequantised, dim) }
}

/** One step per dimension: its largest magnitude on 127 steps. */
export function gridScales(vectors: Float32Array, dim: number): Float32Array {
  const largest = new Float64Array(dim)
  for (let k = 0; k < vectors.length; k++) {
    const size = Math.abs(vectors[k])
    if (size > largest[k % dim]) largest[k % dim] = size
  }
  return Float32Array.from(largest, (value) => (value > 0 ? value / 127 : 1))
}
