import type { Slice } from '../sequence/shape.ts'

/** Sizes of a user tower, and how it pools. */
export type TowerShape = {
  /** Length of item vectors and queries, a multiple of 8. */
  readonly dim: number
  /** The last of these say what content says alone, so that a pool of them is the content profile of a history; a multiple of 4. */
  readonly profile: number
  /** Width of the inner layer, a multiple of 8. */
  readonly hidden: number
  /** Latest items of a history that are looked at. */
  readonly length: number
  /** One pool each: the k-th latest item weighs ratio^k. The first is what the inner layer's output is added to. */
  readonly ratios: readonly number[]
}

/** Where the weights of a user tower lie among all, in floats; matrices are row-major, inputs x outputs. */
export type TowerLayout = {
  readonly up: Slice
  readonly upBias: Slice
  readonly down: Slice
  /** Of all weights, whole blocks of the optimiser. */
  readonly size: number
}

/** Numbers beside the pools' directions that the inner layer reads: how long the history is, and how well each pool's items agree. */
export function extrasOf({ ratios }: TowerShape): number {
  return 1 + ratios.length
}

/** Inputs of the inner layer, rounded up for SIMD; the last are always 0. */
export function inputsOf(shape: TowerShape): number {
  return Math.ceil((shape.ratios.length * shape.dim + extrasOf(shape)) / 8) * 8
}

/** Lays the weights out. */
export function layOutTower(shape: TowerShape): TowerLayout {
  let end = 0
  const take = (rows: number, columns: number): Slice => {
    const slice = { at: end, rows, columns }
    end += Math.ceil((rows * columns) / 16) * 16
    return slice
  }
  const up = take(inputsOf(shape), shape.hidden)
  const upBias = take(1, shape.hidden)
  const down = take(shape.hidden, shape.dim)
  return { up, upBias, down, size: Math.ceil(end / 256) * 256 }
}
