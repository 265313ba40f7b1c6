import { addColumns, createProducts, type Matrix, matrix, overRows } from '../sequence/matrices.ts'
import type { Slice } from '../sequence/shape.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { type DcnLayout, type DcnShape, layOutDcn, widthOf } from './shape.ts'

/**
 * A deep and cross network of low rank with its gradients, over pool memory (DCN-V2: Wang et al., WWW 2021, the parallel form): cross layers
 * x' = x + x0 (x V U + b), element by element, beside two layers with ReLU; the score is a weighted sum of both. All passes give the same bits
 * whatever the number of threads.
 */
export class DcnNetwork {
  readonly shape: DcnShape
  readonly layout: DcnLayout
  readonly weights: Float32Array
  readonly gradients: Float32Array
  /** Rows to score, row-major, `widthOf(shape)` floats each; the caller fills them. */
  readonly inputs: Float32Array
  readonly maxRows: number
  readonly #pool: KernelPool
  readonly #state: State

  constructor(pool: KernelPool, shape: DcnShape, maxRows: number) {
    this.shape = shape
    this.layout = layOutDcn(shape)
    this.maxRows = Math.ceil(maxRows / 8) * 8
    this.#pool = pool
    this.weights = pool.f32(this.layout.size)
    this.gradients = pool.f32(this.layout.size)
    this.inputs = pool.f32(this.maxRows * widthOf(shape))
    this.#state = createState(pool, shape, this.maxRows)
  }

  /** Scores the first `count` rows of `inputs`. @returns A view that the next call overwrites. */
  async forward(count: number): Promise<Float32Array> {
    const { rows } = this.#cover(count)
    const { products, crossed, low, high, hidden } = this.#state
    const width = widthOf(this.shape)
    for (const [l, { down, up, bias }] of this.layout.cross.entries()) {
      const from = l === 0 ? this.inputs : crossed[l - 1]
      await products.times(matrix(from, rows, width), this.#weight(down), matrix(low[l], rows, this.shape.rank))
      await products.times(matrix(low[l], rows, this.shape.rank), this.#weight(up), matrix(high, rows, width))
      const places = [this.inputs, high].map(({ byteOffset }) => byteOffset)
      const args = [...places, this.#weight(bias).at, from.byteOffset, crossed[l].byteOffset, width]
      await overRows(this.#pool, 'crossRows', rows, args)
    }
    let input = matrix(this.inputs, rows, width)
    for (const [l, { matrix: slice, bias }] of this.layout.deep.entries()) {
      const output = matrix(hidden[l], rows, slice.columns)
      await products.times(input, this.#weight(slice), output)
      await overRows(this.#pool, 'biasRelu', rows, [output.at, this.#weight(bias).at, slice.columns])
      input = output
    }
    return this.#sum(count)
  }

  /**
   * Computes `gradients` of a loss, given what a unit of each row's score adds to it. Follows `forward` of the same rows, and gradients must be zero, as
   * the optimiser leaves them.
   */
  async back(slopes: Float32Array): Promise<void> {
    const { rows } = this.#cover(slopes.length)
    await this.#crossBack(slopes, rows)
    await this.#deepBack(slopes, rows)
  }

  async #crossBack(slopes: Float32Array, rows: number): Promise<void> {
    const { products, crossed, low, high, dlow, dcross, part } = this.#state
    const width = widthOf(this.shape)
    const { crossOut, cross } = this.layout
    this.#sumBack(slopes, crossOut, { values: crossed[cross.length - 1], to: dcross, rows })
    for (let l = cross.length - 1; l >= 0; l--) {
      const { down, up, bias } = cross[l]
      const from = matrix(l === 0 ? this.inputs : crossed[l - 1], rows, width)
      const given = matrix(high, rows, width)
      const narrow = matrix(dlow, rows, this.shape.rank)
      await overRows(this.#pool, 'crossBack', rows, [dcross.byteOffset, this.inputs.byteOffset, given.at, width])
      addColumns(high, rows, this.#gradient(bias), width)
      await products.transposedTimes(matrix(low[l], rows, this.shape.rank), given, this.#gradientAt(up))
      await products.timesTransposed(given, this.#weight(up), narrow)
      await products.transposedTimes(from, narrow, this.#gradientAt(down))
      if (l === 0) return
      await products.timesTransposed(narrow, this.#weight(down), matrix(part, rows, width))
      for (let k = 0; k < rows * width; k++) dcross[k] += part[k]
    }
  }

  async #deepBack(slopes: Float32Array, rows: number): Promise<void> {
    const { products, hidden, dhidden } = this.#state
    const [first, second] = this.layout.deep
    this.#sumBack(slopes, this.layout.deepOut, { values: hidden[1], to: dhidden[1], rows })
    const [above, below] = [matrix(dhidden[1], rows, second.bias.columns), matrix(dhidden[0], rows, first.bias.columns)]
    await this.#reluBack(1, rows)
    await products.transposedTimes(matrix(hidden[0], rows, below.columns), above, this.#gradientAt(second.matrix))
    await products.timesTransposed(above, this.#weight(second.matrix), below)
    await this.#reluBack(0, rows)
    const input = matrix(this.inputs, rows, widthOf(this.shape))
    await products.transposedTimes(input, below, this.#gradientAt(first.matrix))
  }

  async #reluBack(l: 0 | 1, rows: number): Promise<void> {
    const { hidden, dhidden } = this.#state
    const { bias } = this.layout.deep[l]
    const args = [dhidden[l].byteOffset, hidden[l].byteOffset, bias.columns]
    await overRows(this.#pool, 'reluBack', rows, args)
    addColumns(dhidden[l], rows, this.#gradient(bias), bias.columns)
  }

  /** Zeroes what stands behind the rows, so that whole blocks can be multiplied. */
  #cover(count: number): { rows: number } {
    const rows = Math.ceil(count / 8) * 8
    const width = widthOf(this.shape)
    this.inputs.fill(0, count * width, rows * width)
    return { rows }
  }

  #sum(count: number): Float32Array {
    const { crossed, hidden, scores } = this.#state
    const parts = [
      { values: crossed[crossed.length - 1], by: this.#slice(this.weights, this.layout.crossOut) },
      { values: hidden[1], by: this.#slice(this.weights, this.layout.deepOut) },
    ]
    for (let r = 0; r < count; r++) {
      let sum = 0
      for (const { values, by } of parts)
        for (let c = 0, at = r * by.length; c < by.length; c++) sum += values[at++] * by[c]
      scores[r] = sum
    }
    return scores.subarray(0, count)
  }

  /** Gradients of one of the sums: for its weights and, into `to`, for its values. */
  #sumBack(
    slopes: Float32Array,
    slice: Slice,
    { values, to, rows }: { readonly values: Float32Array; readonly to: Float32Array; readonly rows: number },
  ): void {
    const by = this.#slice(this.weights, slice)
    const gradient = this.#gradient(slice)
    to.fill(0, slopes.length * by.length, rows * by.length)
    for (let r = 0, at = 0; r < slopes.length; r++)
      for (let c = 0; c < by.length; c++, at++) {
        gradient[c] += slopes[r] * values[at]
        to[at] = slopes[r] * by[c]
      }
  }

  #weight({ at, rows, columns }: Slice): Matrix {
    return { at: this.weights.byteOffset + at * 4, rows, columns }
  }

  #gradientAt({ at, rows, columns }: Slice): Matrix {
    return { at: this.gradients.byteOffset + at * 4, rows, columns }
  }

  #gradient(slice: Slice): Float32Array {
    return this.#slice(this.gradients, slice)
  }

  #slice(from: Float32Array, { at, rows, columns }: Slice): Float32Array {
    return from.subarray(at, at + rows * columns)
  }
}

type State = ReturnType<typeof createState>

function createState(pool: KernelPool, shape: DcnShape, rows: number) {
  const width = widthOf(shape)
  const [first, second] = shape.hidden
  const each = (columns: number) => Array.from({ length: shape.layers }, () => pool.f32(rows * columns))
  return {
    products: createProducts(pool, rows * Math.max(width, first, second)),
    crossed: each(width),
    low: each(shape.rank),
    high: pool.f32(rows * width),
    dlow: pool.f32(rows * shape.rank),
    dcross: pool.f32(rows * width),
    part: pool.f32(rows * width),
    hidden: [pool.f32(rows * first), pool.f32(rows * second)],
    dhidden: [pool.f32(rows * first), pool.f32(rows * second)],
    scores: pool.f32(rows),
  }
}
