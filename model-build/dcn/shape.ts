import type { Slice } from '../sequence/shape.ts'

/** Sizes of a deep and cross network. */
export type DcnShape = {
  /** Features of a row. */
  readonly features: number
  /** Cross layers. */
  readonly layers: number
  /** Rank of a cross layer's matrix, a multiple of 8. */
  readonly rank: number
  /** Widths of the network beside them, multiples of 8. */
  readonly hidden: readonly [number, number]
}

/** What the build trains; larger ones (rank 16, 64 and 32) were no better on both measured logs (docs/decisions/0016). */
export const DCN_SHAPE = { layers: 2, rank: 8, hidden: [32, 16] } as const

export type CrossSlices = { readonly down: Slice; readonly up: Slice; readonly bias: Slice }

export type DenseSlices = { readonly matrix: Slice; readonly bias: Slice }

/** Places of all weights; `size` is padded to whole blocks of the optimiser. */
export type DcnLayout = {
  readonly cross: readonly CrossSlices[]
  readonly deep: readonly [DenseSlices, DenseSlices]
  /** Weights of the last cross layer's outputs and of the last hidden layer's in the score. */
  readonly crossOut: Slice
  readonly deepOut: Slice
  readonly size: number
}

/** Floats of a row inside the network: the features, rounded up for the kernels. */
export function widthOf({ features }: Pick<DcnShape, 'features'>): number {
  return Math.ceil(features / 8) * 8
}

export function layOutDcn(shape: DcnShape): DcnLayout {
  const width = widthOf(shape)
  const [first, second] = shape.hidden
  let end = 0
  const take = (rows: number, columns: number): Slice => {
    const slice = { at: end, rows, columns }
    end += rows * columns
    return slice
  }
  return {
    cross: Array.from({ length: shape.layers }, () => ({
      down: take(width, shape.rank),
      up: take(shape.rank, width),
      bias: take(1, width),
    })),
    deep: [
      { matrix: take(width, first), bias: take(1, first) },
      { matrix: take(first, second), bias: take(1, second) },
    ],
    crossOut: take(1, width),
    deepOut: take(1, second),
    size: Math.ceil(end / 256) * 256,
  }
}
