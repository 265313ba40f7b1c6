import { QUERY_SCALE } from '../mean/train-mean.ts'
import { addColumns, createProducts, type Matrix, matrix, overRows } from '../sequence/matrices.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { inputsOf, layOutTower, type TowerLayout, type TowerShape } from './shape.ts'

/** Histories as one list of items each, latest first: history u has shown[shownOffsets[u] … shownOffsets[u + 1] - 1]. */
export type ShownItems = { readonly count: number; readonly shown: Int32Array; readonly shownOffsets: Int32Array }

/** Added to a pool's square, so that an empty one has a direction (of zeros). */
export const LEAST_SQUARE = 1e-12

/** What a history says of itself by its length, 0 … 1; see `extrasOf`. @param length - Items that a history has at most. */
function activityOf(items: number, length: number): number {
  return Math.log(1 + items) / Math.log(1 + length)
}

/**
 * The user tower with its gradients, over pool memory: recency-weighted pools of a history's item vectors, their directions, how well their items agree and
 * the history's length go through one inner layer with ReLU, whose output is added to the first pool's direction. Everything it reads a device has.
 * The same bits whatever the number of threads.
 */
export class UserTower {
  readonly shape: TowerShape
  readonly layout: TowerLayout
  readonly weights: Float32Array
  readonly weightGradients: Float32Array
  /** Of the last `encode`, row-major; valid until the next. */
  readonly queries: Float32Array
  /** To be written before `encodeBack`. */
  readonly dqueries: Float32Array
  readonly #pool: KernelPool
  readonly #state: ReturnType<typeof createState>

  /** @param batch - Histories at once, a multiple of 8. */
  constructor(pool: KernelPool, shape: TowerShape, batch: number) {
    this.shape = shape
    this.layout = layOutTower(shape)
    this.#pool = pool
    this.weights = pool.f32(this.layout.size)
    this.weightGradients = pool.f32(this.layout.size)
    this.queries = pool.f32(batch * shape.dim)
    this.dqueries = pool.f32(batch * shape.dim)
    this.#state = createState(pool, shape, batch)
  }

  /** Writes `queries`. @param table - Item vectors, row-major. */
  async encode(histories: ShownItems, table: Float32Array): Promise<void> {
    const { dim, hidden } = this.shape
    const { products, inner, inputs } = this.#state
    const rows = Math.ceil(histories.count / 8) * 8
    this.#fillInputs(histories, table, rows)
    const wide = matrix(inner, rows, hidden)
    await products.times(matrix(inputs, rows, inputsOf(this.shape)), this.#weight('up'), wide)
    await overRows(this.#pool, 'biasRelu', rows, [wide.at, this.#weight('upBias').at, hidden])
    await products.times(wide, this.#weight('down'), matrix(this.queries, rows, dim))
    for (let u = 0; u < histories.count; u++)
      for (let d = 0, from = u * this.shape.ratios.length * dim; d < dim; d++)
        this.queries[u * dim + d] += QUERY_SCALE * this.#state.directions[from + d]
  }

  /** Writes `weightGradients`, and adds to those of the shown items, row-major like the table, what `dqueries` asks for. */
  async encodeBack(histories: ShownItems, gradients: Float32Array): Promise<void> {
    const { dim, hidden } = this.shape
    const { products, inner, dinner, inputs, dinputs } = this.#state
    const rows = Math.ceil(histories.count / 8) * 8
    const given = matrix(this.dqueries, rows, dim)
    const wide = matrix(inner, rows, hidden)
    const dwide = matrix(dinner, rows, hidden)
    const read = matrix(inputs, rows, inputsOf(this.shape))
    const dread = matrix(dinputs, rows, inputsOf(this.shape))
    await products.transposedTimes(wide, given, this.#gradient('down'))
    await products.timesTransposed(given, this.#weight('down'), dwide)
    await overRows(this.#pool, 'reluBack', rows, [dwide.at, wide.at, hidden])
    const { at: biasAt } = this.layout.upBias
    const bias = this.weightGradients.subarray(biasAt, biasAt + hidden).fill(0)
    addColumns(dinner, rows, bias, hidden)
    await products.transposedTimes(read, dwide, this.#gradient('up'))
    await products.timesTransposed(dwide, this.#weight('up'), dread)
    for (let u = 0; u < histories.count; u++)
      for (let pool = 0; pool < this.shape.ratios.length; pool++) this.#poolBack(histories, u, pool, gradients)
  }

  #fillInputs(histories: ShownItems, table: Float32Array, rows: number): void {
    const { dim, ratios, length } = this.shape
    const { inputs, directions, lengths, totals } = this.#state
    const width = inputsOf(this.shape)
    inputs.fill(0, 0, rows * width)
    for (let u = 0; u < histories.count; u++) {
      const extras = u * width + ratios.length * dim
      inputs[extras] = activityOf(histories.shownOffsets[u + 1] - histories.shownOffsets[u], length)
      for (let pool = 0; pool < ratios.length; pool++) {
        const at = u * ratios.length + pool
        this.#takePool(histories, u, pool, table)
        inputs[extras + 1 + pool] = totals[at] > 0 ? lengths[at] / totals[at] : 0
        for (let d = 0; d < dim; d++) inputs[u * width + pool * dim + d] = Math.sqrt(dim) * directions[at * dim + d]
      }
    }
  }

  /** Direction, length and total weight of one history's pool. */
  #takePool({ shown, shownOffsets }: ShownItems, user: number, pool: number, table: Float32Array): void {
    const { dim, ratios } = this.shape
    const at = user * ratios.length + pool
    const sum = this.#state.directions.subarray(at * dim, (at + 1) * dim).fill(0)
    let total = 0
    for (let k = shownOffsets[user], weight = 1; k < shownOffsets[user + 1]; k++, weight *= ratios[pool]) {
      for (let d = 0, from = shown[k] * dim; d < dim; d++) sum[d] += weight * table[from + d]
      total += weight
    }
    let square = LEAST_SQUARE
    for (const value of sum) square += value * value
    const length = Math.sqrt(square)
    for (let d = 0; d < dim; d++) sum[d] /= length
    this.#state.lengths[at] = length
    this.#state.totals[at] = total
  }

  /** Through a pool's direction and its length to the shown items' vectors. */
  #poolBack({ shown, shownOffsets }: ShownItems, user: number, pool: number, gradients: Float32Array): void {
    const { dim, ratios } = this.shape
    const { directions, lengths, totals, dinputs } = this.#state
    const at = user * ratios.length + pool
    const own = directions.subarray(at * dim, (at + 1) * dim)
    const row = user * inputsOf(this.shape)
    const gradient = new Float64Array(dim)
    for (let d = 0; d < dim; d++) {
      gradient[d] = Math.sqrt(dim) * dinputs[row + pool * dim + d]
      if (pool === 0) gradient[d] += QUERY_SCALE * this.dqueries[user * dim + d]
    }
    let along = 0
    for (let d = 0; d < dim; d++) along += gradient[d] * own[d]
    const agreement = totals[at] > 0 ? dinputs[row + ratios.length * dim + 1 + pool] / totals[at] : 0
    for (let d = 0; d < dim; d++) gradient[d] = (gradient[d] - along * own[d]) / lengths[at] + agreement * own[d]
    for (let k = shownOffsets[user], weight = 1; k < shownOffsets[user + 1]; k++, weight *= ratios[pool])
      for (let d = 0, to = shown[k] * dim; d < dim; d++) gradients[to + d] += weight * gradient[d]
  }

  #weight(part: 'up' | 'upBias' | 'down'): Matrix {
    return this.#place(this.weights, part)
  }

  #gradient(part: 'up' | 'down'): Matrix {
    return this.#place(this.weightGradients, part)
  }

  #place(from: Float32Array, part: 'up' | 'upBias' | 'down'): Matrix {
    const { at, rows, columns } = this.layout[part]
    return { at: from.byteOffset + at * 4, rows, columns }
  }
}

function createState(pool: KernelPool, shape: TowerShape, batch: number) {
  const { dim, hidden, ratios } = shape
  const inputs = inputsOf(shape)
  return {
    products: createProducts(pool, Math.max(batch, inputs, hidden) * Math.max(dim, hidden, inputs)),
    directions: new Float32Array(batch * ratios.length * dim),
    lengths: new Float64Array(batch * ratios.length),
    totals: new Float64Array(batch * ratios.length),
    inputs: pool.f32(batch * inputs),
    dinputs: pool.f32(batch * inputs),
    inner: pool.f32(batch * hidden),
    dinner: pool.f32(batch * hidden),
  }
}
