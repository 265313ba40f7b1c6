import { createProducts, type Matrix, matrix } from '../sequence/matrices.ts'
import type { Random } from '../train/random.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Lessons } from './draw-lessons.ts'

/** What a catalogue's softmax is made for. */
export type SoftmaxSizes = {
  readonly dim: number
  readonly itemCount: number
  /** Most lessons at once. */
  readonly batch: number
  /** Items that the softmax is over at most; larger catalogues are sampled. */
  readonly candidates: number
  /** Items that may be candidates, ascending: those that lessons want are among them. */
  readonly among: Int32Array
  /** Of each item among all rows. */
  readonly shares: Float64Array
}

/** Arrays in pool memory, row-major, rows of `dim`: queries and their gradients (written), items and theirs (added to). */
export type Compared = {
  readonly queries: Float32Array
  readonly dqueries: Float32Array
  readonly table: Float32Array
  readonly gradients: Float32Array
}

/** Score of an item that is shown: it is not looked for. */
const SHOWN = -1e30

/**
 * Softmax cross-entropy of queries against the catalogue, each query's wanted items sharing its loss. Beyond `candidates` items it is over the lessons' own
 * items and uniform draws, with minus the log of each one's chance of being there (the logQ correction: Bengio & Senécal 2008), so that
 * the sum estimates that over all items. The same bits whatever the number of threads.
 */
export class CatalogueSoftmax {
  readonly #pool: KernelPool
  readonly #sizes: SoftmaxSizes
  readonly #buffers: ReturnType<typeof createBuffers>
  readonly #place: Int32Array

  constructor(pool: KernelPool, sizes: SoftmaxSizes) {
    this.#pool = pool
    this.#sizes = sizes
    this.#buffers = createBuffers(pool, sizes)
    this.#place = new Int32Array(sizes.itemCount).fill(-1)
  }

  /** @returns The mean loss of a lesson with something to find among the candidates. */
  async compare(lessons: Lessons, { queries, dqueries, table, gradients }: Compared, random: Random): Promise<number> {
    const { dim } = this.#sizes
    const { products, scores, chosen } = this.#buffers
    const rows = Math.ceil(lessons.count / 8) * 8
    const drawn = this.#drawCandidates(lessons, random)
    const width = Math.ceil(drawn.length / 8) * 8
    const query = matrix(queries, rows, dim)
    const logits = matrix(scores, rows, width)
    await this.#score(drawn, table, query, logits)
    const loss = await this.#loss(lessons, drawn.length, logits)
    await products.times(logits, matrix(chosen, width, dim), matrix(dqueries, rows, dim))
    await products.transposedTimes(logits, query, matrix(chosen, width, dim))
    this.#addGradients(drawn, width, gradients)
    for (const item of drawn) this.#place[item] = -1
    return loss
  }

  /** The lessons' own items, and uniform draws up to the limit; all items of small catalogues. */
  #drawCandidates({ wanted }: Lessons, random: Random): Int32Array {
    const { among, candidates } = this.#sizes
    const place = this.#place
    const drawn: number[] = []
    const add = (item: number): void => {
      if (place[item] < 0) place[item] = drawn.push(item) - 1
    }
    if (among.length <= candidates) for (const item of among) add(item)
    else {
      for (let at = 0; at < wanted.length && drawn.length < candidates; at++) add(wanted[at])
      let draws = 0
      for (; draws < candidates && drawn.length < candidates; draws++) add(among[Math.floor(random() * among.length)])
      this.#correct(drawn, wanted.length, draws)
    }
    return Int32Array.from(drawn)
  }

  /** Items that no lesson can want are here by one of the `draws`, so that no chance is 0. */
  #correct(drawn: readonly number[], wanted: number, draws: number): void {
    const { among, shares } = this.#sizes
    const uniform = draws / among.length
    drawn.forEach((item, at) => {
      this.#buffers.shifts[at] = -Math.log(-Math.expm1(-uniform - wanted * shares[item]))
    })
  }

  async #score(drawn: Int32Array, table: Float32Array, query: Matrix, logits: Matrix): Promise<void> {
    const { dim } = this.#sizes
    const { indices, panels, chosen } = this.#buffers
    indices.fill(-1, 0, logits.columns)
    indices.set(drawn)
    const from = [table.byteOffset, indices.byteOffset]
    this.#pool.inline.gatherRows(0, logits.columns, 0, ...[...from, chosen.byteOffset, dim, 1, 256, 0])
    await this.#pool.run({
      kernel: 'gatherPanels',
      tasks: logits.columns / 8,
      chunk: 16,
      args: [...from, panels.byteOffset, dim],
    })
    const args = [query.at, panels.byteOffset, logits.at, dim, logits.columns]
    await this.#pool.run({ kernel: 'gemm', tasks: logits.rows / 8, chunk: 4, scratchBytes: 32 * dim, args })
  }

  /** Turns logits into their gradients: (softmax − wanted shares) / lessons; shown items take no part. */
  async #loss(lessons: Lessons, drawn: number, logits: Matrix): Promise<number> {
    const { count } = lessons
    const { targets, losses, shifts, scores } = this.#buffers
    const share = 1 / count
    const gaps = this.#prepare(lessons, logits)
    const places = [scores, shifts, targets, losses].map(({ byteOffset }) => byteOffset)
    const args = [...places, logits.columns, drawn, share]
    await this.#pool.run({ kernel: 'softmaxLoss', tasks: logits.rows, chunk: 32, args })
    let loss = 0
    for (let u = 0; u < count; u++) {
      const row = u * logits.columns
      if (targets[u] < 0) continue
      scores[row + targets[u]] += share // the kernel took all of it from the first
      const known = this.#wantedPlaces(lessons, u)
      for (const place of known) scores[row + place] -= share / known.length
      loss += share * (losses[u] + gaps[u])
    }
    return loss
  }

  /** Names each lesson's first wanted item as target, and hides what is shown. @returns First wanted score minus the mean of all. */
  #prepare(lessons: Lessons, { rows, columns }: Matrix): Float64Array {
    const { count, shown, shownOffsets } = lessons
    const { targets, shifts, scores } = this.#buffers
    const gaps = new Float64Array(count)
    targets.fill(-1, 0, rows)
    for (let u = 0; u < count; u++) {
      const own = this.#wantedPlaces(lessons, u)
      targets[u] = own[0] ?? -1
      for (const place of own) {
        gaps[u] += (scores[u * columns + targets[u]] - scores[u * columns + place]) / own.length
        scores[u * columns + place] -= place === targets[u] ? 0 : shifts[place]
      }
      for (let k = shownOffsets[u]; k < shownOffsets[u + 1]; k++) {
        const place = this.#place[shown[k]]
        if (place >= 0) scores[u * columns + place] = SHOWN
      }
    }
    return gaps
  }

  #wantedPlaces({ wanted, wantedOffsets }: Lessons, user: number): number[] {
    const items = Array.from(wanted.subarray(wantedOffsets[user], wantedOffsets[user + 1]))
    return items.map((item) => this.#place[item]).filter((place) => place >= 0)
  }

  #addGradients(drawn: Int32Array, width: number, gradients: Float32Array): void {
    const { indices, chosen } = this.#buffers
    const args = [gradients.byteOffset, indices.byteOffset, chosen.byteOffset, this.#sizes.dim, 1, 256, 0] as const
    if (drawn.length > 0) this.#pool.inline.scatterRows(0, width, 0, ...args)
  }
}

function createBuffers(pool: KernelPool, { dim, among, batch, candidates }: SoftmaxSizes) {
  const width = Math.ceil(Math.min(among.length, candidates) / 8) * 8
  return {
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
