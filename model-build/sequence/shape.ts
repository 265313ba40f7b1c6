/** Sizes of a sequence encoder. */
export type EncoderShape = {
  /** Vector length, a multiple of 8. */
  readonly dim: number
  /** Attention heads; dim / heads is a multiple of 4. */
  readonly heads: number
  readonly blocks: number
  /** Width of the inner layer of a block, a multiple of 8. */
  readonly hidden: number
  /** Latest items of a history that are looked at. */
  readonly length: number
}

/** What a release ships unless a config says otherwise. */
export const DEFAULT_SHAPE: EncoderShape = { dim: 64, heads: 2, blocks: 2, hidden: 128, length: 50 }

/** Names of one block's weights; matrices are row-major, inputs x outputs. */
export type BlockPart = 'attention' | 'distance' | 'mix' | 'up' | 'upBias' | 'down'

/** Where weights of a block lie among all weights, in floats. */
export type Slice = { readonly at: number; readonly rows: number; readonly columns: number }

/** Places of all weights. */
export type WeightLayout = { readonly blocks: readonly Readonly<Record<BlockPart, Slice>>[]; readonly size: number }

/** Floats of a row of attention weights: the length, rounded up for SIMD. */
export function lineLength({ length }: EncoderShape): number {
  return Math.ceil(length / 4) * 4
}

/** Lays the weights out; `size` is padded to whole blocks of the optimiser. */
export function layOutWeights(shape: EncoderShape): WeightLayout {
  const { dim, heads, hidden } = shape
  let end = 0
  const take = (rows: number, columns: number): Slice => {
    const slice = { at: end, rows, columns }
    end += Math.ceil((rows * columns) / 16) * 16
    return slice
  }
  const blocks = Array.from({ length: shape.blocks }, () => ({
    attention: take(dim, 3 * dim),
    distance: take(heads, lineLength(shape)),
    mix: take(dim, dim),
    up: take(dim, hidden),
    upBias: take(1, hidden),
    down: take(hidden, dim),
  }))
  return { blocks, size: Math.ceil(end / 256) * 256 }
}
