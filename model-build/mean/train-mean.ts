import type { Histories } from '../sequence/batches.ts'
import { createProducts, type Matrix, matrix } from '../sequence/matrices.ts'
import { createAdam } from '../train/adam.ts'
import { createNormal, createRandom, type Random, shuffle } from '../train/random.ts'
import { type KernelPool, withPool } from '../train/thread-pool.ts'
import { drawLessons, type Lessons } from './draw-lessons.ts'

/** What validation chooses of training. */
export type MeanSettings = {
  readonly epochs: number
  /** Share of a history that is shown, the rest is to be found; where order means something, 0: a moment is drawn and what follows is to be found. */
  readonly shown: number
  /** Weight of the k-th latest item of what is shown is ratio^k. */
  readonly ratio: number
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

/** Called after each epoch with the item vectors as they are, a view; stops training by returning true. `epoch` counts from 1. */
export type AfterEpoch = (items: Float32Array, epoch: number) => Promise<boolean>

/** Length of a query: the inverse of the softmax's temperature. */
export const QUERY_SCALE = 4

const LEARNING_RATE = 0.01

const CANDIDATES = 4096

/** Small logs take smaller steps of more of them: at least so many batches an epoch. */
const LEAST_BATCHES = 40

const MOST_USERS = 256

/**
 * Trains item vectors so that the direction of a history points at what else its user takes: softmax cross-entropy over the catalogue
 * (sampled with correction where it is large) against the unit sum of the shown items' vectors. The encoder is SimpleX's behaviour
 * aggregation without a user vector (Mao et al., CIKM 2021), the loss that of Mult-VAE (Liang et al., WWW 2018). Adam; the same seed and input
 * give the same bits whatever the number of threads.
 */
export function trainMean(
  histories: Histories,
  itemCount: number,
  options: MeanOptions,
  afterEpoch?: AfterEpoch,
): Promise<MeanModel> {
  const { dim, seed, ratio } = options
  return withPool(options.pool, async (pool) => {
    const users = histories.offsets.length - 1
    const batch = Math.max(8, Math.min(MOST_USERS, Math.ceil(users / LEAST_BATCHES / 8) * 8))
    const random = createRandom(seed * 2 + 1)
    const shares = new Float64Array(itemCount)
    for (const item of histories.items) shares[item] += 1 / histories.items.length
    const trainer = new Trainer(pool, { dim, itemCount, batch, candidates: options.candidates ?? CANDIDATES, shares })
    if (options.start === undefined) initialise(trainer.table.subarray(0, itemCount * dim), dim, seed)
    else trainer.table.set(options.start)
    const order = Int32Array.from({ length: users }, (_, user) => user)
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      shuffle(order, random)
      for (let from = 0; from < users; from += batch) {
        const lessons = drawLessons(histories, order.subarray(from, from + batch), { ...options, random })
        if (lessons.count > 0) await trainer.learn(lessons, random)
      }
      if ((await afterEpoch?.(trainer.table.subarray(0, itemCount * dim), epoch)) === true) break
    }
    return { kind: 'mean', dim, items: knownRows(trainer.table, histories, itemCount, dim), ratio, scale: QUERY_SCALE }
  })
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

type Sizes = {
  readonly dim: number
  readonly itemCount: number
  readonly batch: number
  readonly candidates: number
  /** Of each item among all rows. */
  readonly shares: Float64Array
}

/** Score of an item that is shown: it is not looked for. */
const SHOWN = -1e30

/** Item vectors with what one step of training needs, in pool memory. */
class Trainer {
  /** Row-major, padded to whole blocks of the optimiser. */
  readonly table: Float32Array
  readonly #pool: KernelPool
  readonly #sizes: Sizes
  readonly #buffers: ReturnType<typeof createBuffers>
  readonly #place: Int32Array
  readonly #optimise: (learningRate: number) => Promise<void>

  constructor(pool: KernelPool, sizes: Sizes) {
    this.#pool = pool
    this.#sizes = sizes
    this.#buffers = createBuffers(pool, sizes)
    this.table = this.#buffers.table
    this.#optimise = createAdam(pool, [{ values: this.table, gradients: this.#buffers.gradients }])
    this.#place = new Int32Array(sizes.itemCount).fill(-1)
  }

  /** One step of Adam on the mean loss of some users. */
  async learn(lessons: Lessons, random: Random): Promise<void> {
    const { dim } = this.#sizes
    const { products, queries, scores, chosen, dqueries } = this.#buffers
    const rows = Math.ceil(lessons.count / 8) * 8
    const lengths = this.#encode(lessons, rows)
    const drawn = this.#drawCandidates(lessons, random)
    const width = Math.ceil(drawn.length / 8) * 8
    const query = matrix(queries, rows, dim)
    const logits = matrix(scores, rows, width)
    await this.#score(drawn, logits)
    await this.#loss(lessons, drawn.length, logits)
    await products.times(logits, matrix(chosen, width, dim), matrix(dqueries, rows, dim))
    await products.transposedTimes(logits, query, matrix(chosen, width, dim))
    this.#addGradients(drawn, width)
    this.#encodeBack(lessons, lengths)
    for (const item of drawn) this.#place[item] = -1
    await this.#optimise(LEARNING_RATE)
  }

  /** Queries of the lessons. @returns Length of each sum of shown vectors. */
  #encode({ count, shown, shownOffsets, weights }: Lessons, rows: number): Float64Array {
    const { dim } = this.#sizes
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

  /** The lessons' own items, and uniform draws up to the limit; all items of small catalogues. */
  #drawCandidates({ wanted }: Lessons, random: Random): Int32Array {
    const { itemCount, candidates } = this.#sizes
    const place = this.#place
    const drawn: number[] = []
    const add = (item: number): void => {
      if (place[item] < 0) place[item] = drawn.push(item) - 1
    }
    if (itemCount <= candidates) for (let item = 0; item < itemCount; item++) add(item)
    else {
      for (let at = 0; at < wanted.length && drawn.length < candidates; at++) add(wanted[at])
      for (let draw = 0; draw < candidates && drawn.length < candidates; draw++) add(Math.floor(random() * itemCount))
    }
    this.#correct(drawn, wanted.length)
    return Int32Array.from(drawn)
  }

  /** Minus the log of each candidate's chance of being one (Bengio & Senécal 2008): the sum over them then estimates that over all items. */
  #correct(drawn: readonly number[], wanted: number): void {
    const { itemCount, candidates, shares } = this.#sizes
    if (itemCount <= candidates) return
    const uniform = Math.max(0, candidates - wanted) / itemCount
    drawn.forEach((item, at) => {
      this.#buffers.shifts[at] = -Math.log(1 - Math.exp(-uniform - wanted * shares[item]))
    })
  }

  async #score(drawn: Int32Array, logits: Matrix): Promise<void> {
    const { dim } = this.#sizes
    const { indices, panels, queries, chosen } = this.#buffers
    indices.fill(-1, 0, logits.columns)
    indices.set(drawn)
    const from = [this.table.byteOffset, indices.byteOffset]
    this.#pool.inline.gatherRows(0, logits.columns, 0, ...[...from, chosen.byteOffset, dim, 1, 256, 0])
    await this.#pool.run({
      kernel: 'gatherPanels',
      tasks: logits.columns / 8,
      chunk: 16,
      args: [...from, panels.byteOffset, dim],
    })
    const args = [queries.byteOffset, panels.byteOffset, logits.at, dim, logits.columns]
    await this.#pool.run({ kernel: 'gemm', tasks: logits.rows / 8, chunk: 4, scratchBytes: 32 * dim, args })
  }

  /** Turns logits into their gradients: (softmax − wanted shares) / users; shown items take no part. */
  async #loss(lessons: Lessons, drawn: number, logits: Matrix): Promise<void> {
    const { count, shown, shownOffsets } = lessons
    const { targets, losses, shifts, scores } = this.#buffers
    const share = 1 / count
    targets.fill(-1, 0, logits.rows)
    for (let u = 0; u < count; u++) {
      const own = this.#wantedPlaces(lessons, u)
      targets[u] = own[0] ?? -1
      for (const place of own) scores[u * logits.columns + place] -= place === targets[u] ? 0 : shifts[place]
      for (let k = shownOffsets[u]; k < shownOffsets[u + 1]; k++) {
        const place = this.#place[shown[k]]
        if (place >= 0) scores[u * logits.columns + place] = SHOWN
      }
    }
    const places = [scores, shifts, targets, losses].map(({ byteOffset }) => byteOffset)
    const args = [...places, logits.columns, drawn, share]
    await this.#pool.run({ kernel: 'softmaxLoss', tasks: logits.rows, chunk: 32, args })
    for (let u = 0; u < count; u++) {
      const row = u * logits.columns
      if (targets[u] < 0) continue
      scores[row + targets[u]] += share // the kernel took all of it from the first
      const known = this.#wantedPlaces(lessons, u)
      for (const place of known) scores[row + place] -= share / known.length
    }
  }

  #wantedPlaces({ wanted, wantedOffsets }: Lessons, user: number): number[] {
    const items = Array.from(wanted.subarray(wantedOffsets[user], wantedOffsets[user + 1]))
    return items.map((item) => this.#place[item]).filter((place) => place >= 0)
  }

  #addGradients(drawn: Int32Array, width: number): void {
    const { gradients, indices, chosen } = this.#buffers
    const args = [gradients.byteOffset, indices.byteOffset, chosen.byteOffset, this.#sizes.dim, 1, 256, 0] as const
    if (drawn.length > 0) this.#pool.inline.scatterRows(0, width, 0, ...args)
  }

  /** Through the query's length to the shown items' vectors. */
  #encodeBack({ count, shown, shownOffsets, weights }: Lessons, lengths: Float64Array): void {
    const { dim } = this.#sizes
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

function createBuffers(pool: KernelPool, { dim, itemCount, batch, candidates }: Sizes) {
  const width = Math.ceil(Math.min(itemCount, candidates) / 8) * 8
  const padded = Math.ceil((itemCount * dim) / 256) * 256
  return {
    table: pool.f32(padded),
    gradients: pool.f32(padded),
    queries: pool.f32(batch * dim),
    dqueries: pool.f32(batch * dim),
    scores: pool.f32(batch * width),
    chosen: pool.f32(width * dim),
    panels: pool.f32(width * dim),
    indices: pool.i32(width),
    targets: pool.i32(batch),
    losses: pool.f32(batch),
    shifts: pool.f32(width),
    products: createProducts(pool, Math.max(width, batch) * dim),
  }
}
