import type { Histories } from '../sequence/batches.ts'
import { createAdam } from '../train/adam.ts'
import { fallingRate } from '../train/falling-rate.ts'
import { createNormal, createRandom, type Random } from '../train/random.ts'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import { CatalogueSoftmax, type SoftmaxSizes } from './catalogue-softmax.ts'
import { batchOf, createDealer, type Lessons } from './draw-lessons.ts'

/** What validation chooses of training. */
export type MeanSettings = {
  readonly epochs: number
  /** Share of a history that is shown, the rest is to be found; where order means something, 0: a moment is drawn and what follows is to be found. */
  readonly shown: number
  /** Weight of the k-th latest item of what is shown is ratio^k. */
  readonly ratio: number
  /** At its highest, in the first step; from there it falls to zero with the last. */
  readonly learningRate: number
  /** A step takes `learningRate · decay` of each vector off; without it rare items are learnt by heart. */
  readonly decay: number
}

export type MeanOptions = MeanSettings & {
  readonly dim: number
  readonly seed: number
  /** Items that the softmax is over at most; larger catalogues are sampled. */
  readonly candidates?: number
  /** Item vectors to start from, row-major, in place of random ones. */
  readonly start?: Float32Array | undefined
  readonly pool?: KernelPool
}

/** A space of item vectors, row-major, that the direction of a history's weighted sum is compared with. Items that no history has are zeros. */
export type MeanModel = {
  readonly kind: 'mean'
  readonly dim: number
  readonly items: Float32Array
  readonly ratio: number
  readonly scale: number
}

/** Called after each epoch, counted from 1, with the item vectors as they are, a view. */
export type AfterEpoch = (items: Float32Array, epoch: number) => Promise<void>

/** Length of a query: the inverse of the softmax's temperature. */
export const QUERY_SCALE = 4

const CANDIDATES = 4096

/**
 * Trains item vectors so that the direction of a history points at what else its user takes: softmax cross-entropy over the catalogue
 * (sampled with correction where it is large) against the unit sum of the shown items' vectors. The encoder is SimpleX's behaviour
 * aggregation without a user vector (Mao et al., CIKM 2021), the loss that of Mult-VAE (Liang et al., WWW 2018). Adam with decay and a rate that falls
 * evenly to zero; the same seed and input give the same bits whatever the number of threads.
 */
export function trainMean(
  histories: Histories,
  itemCount: number,
  options: MeanOptions,
  afterEpoch?: AfterEpoch,
): Promise<MeanModel> {
  const { dim, seed, ratio } = options
  return withPool(options.pool, async (pool) => {
    const batch = batchOf(histories)
    const random = createRandom(seed * 2 + 1)
    const among = Int32Array.from({ length: itemCount }, (_, item) => item)
    const { candidates = CANDIDATES } = options
    const shares = sharesOf(histories, itemCount)
    const trainer = new Trainer(pool, { dim, itemCount, batch, candidates, among, shares }, options.decay)
    if (options.start === undefined) initialise(trainer.table.subarray(0, itemCount * dim), dim, seed)
    else trainer.table.set(options.start)
    const deal = createDealer(histories, { ...options, batch, random })
    const steps = options.epochs * Math.ceil((histories.offsets.length - 1) / batch)
    for (let epoch = 1, step = 0; epoch <= options.epochs; epoch++) {
      for (const lessons of deal())
        await trainer.learn(lessons, random, options.learningRate * fallingRate(++step, steps))
      await afterEpoch?.(trainer.table.subarray(0, itemCount * dim), epoch)
    }
    return { kind: 'mean', dim, items: knownRows(trainer.table, histories, itemCount, dim), ratio, scale: QUERY_SCALE }
  })
}

/** Of each item among all rows. */
export function sharesOf({ items }: Histories, itemCount: number): Float64Array {
  const shares = new Float64Array(itemCount)
  for (const item of items) shares[item] += 1 / items.length
  return shares
}

function initialise(table: Float32Array, dim: number, seed: number): void {
  const normal = createNormal(createRandom(seed))
  for (let k = 0; k < table.length; k++) table[k] = normal() / Math.sqrt(dim)
}

function knownRows(table: Float32Array, { items }: Histories, itemCount: number, dim: number): Float32Array {
  const known = new Float32Array(itemCount * dim)
  for (const item of new Set(items)) known.set(table.subarray(item * dim, (item + 1) * dim), item * dim)
  return known
}

/** Item vectors with what one step of training needs, in pool memory. */
class Trainer {
  /** Row-major, padded to whole blocks of the optimiser. */
  readonly table: Float32Array
  readonly #dim: number
  readonly #softmax: CatalogueSoftmax
  readonly #optimise: (learningRate: number) => Promise<void>
  readonly #buffers: ReturnType<typeof createBuffers>

  constructor(pool: KernelPool, sizes: SoftmaxSizes, decay: number) {
    this.#dim = sizes.dim
    this.#softmax = new CatalogueSoftmax(pool, sizes)
    this.#buffers = createBuffers(pool, sizes)
    this.table = this.#buffers.table
    this.#optimise = createAdam(pool, [{ values: this.table, gradients: this.#buffers.gradients }], decay)
  }

  /** One step of Adam on the mean loss of some users. */
  async learn(lessons: Lessons, random: Random, learningRate: number): Promise<void> {
    const lengths = this.#encode(lessons, Math.ceil(lessons.count / 8) * 8)
    await this.#softmax.compare(lessons, this.#buffers, random)
    this.#encodeBack(lessons, lengths)
    await this.#optimise(learningRate)
  }

  /** Queries of the lessons. @returns Length of each sum of shown vectors. */
  #encode({ count, shown, shownOffsets, weights }: Lessons, rows: number): Float64Array {
    const dim = this.#dim
    const { queries } = this.#buffers
    const lengths = new Float64Array(count)
    queries.fill(0, 0, rows * dim)
    for (let u = 0; u < count; u++) {
      const to = u * dim
      for (let k = shownOffsets[u]; k < shownOffsets[u + 1]; k++)
        for (let d = 0, at = shown[k] * dim; d < dim; d++) queries[to + d] += weights[k] * this.table[at + d]
      let square = 1e-12
      for (let d = 0; d < dim; d++) square += queries[to + d] * queries[to + d]
      lengths[u] = Math.sqrt(square)
      for (let d = 0; d < dim; d++) queries[to + d] *= QUERY_SCALE / lengths[u]
    }
    return lengths
  }

  /** Through the query's length to the shown items' vectors. */
  #encodeBack({ count, shown, shownOffsets, weights }: Lessons, lengths: Float64Array): void {
    const dim = this.#dim
    const { queries, dqueries, gradients } = this.#buffers
    for (let u = 0; u < count; u++) {
      const from = u * dim
      let along = 0
      for (let d = 0; d < dim; d++) along += (queries[from + d] * dqueries[from + d]) / QUERY_SCALE ** 2
      const factor = QUERY_SCALE / lengths[u]
      for (let d = 0; d < dim; d++) dqueries[from + d] = factor * (dqueries[from + d] - along * queries[from + d])
      for (let k = shownOffsets[u]; k < shownOffsets[u + 1]; k++)
        for (let d = 0, at = shown[k] * dim; d < dim; d++) gradients[at + d] += weights[k] * dqueries[from + d]
    }
  }
}

function createBuffers(pool: KernelPool, { dim, itemCount, batch }: SoftmaxSizes) {
  const padded = Math.ceil((itemCount * dim) / 256) * 256
  return {
    table: pool.f32(padded),
    gradients: pool.f32(padded),
    queries: pool.f32(batch * dim),
    dqueries: pool.f32(batch * dim),
  }
}
