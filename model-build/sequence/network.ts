import type { KernelPool } from '../train/thread-pool.ts'
import { addColumns, createProducts, type Matrix, matrix, overRows } from './matrices.ts'
import { type BlockPart, type EncoderShape, layOutWeights, lineLength, type WeightLayout } from './shape.ts'

/** Some histories, one after another: rows offsets[s] … offsets[s + 1] - 1 are one of at most `length` items, oldest first. */
export type SequenceBatch = { readonly offsets: Int32Array; readonly items: Int32Array }

/** What each row should predict. */
export type BatchTargets = {
  /** Items among which the softmax chooses, without repeats. */
  readonly candidates: Int32Array
  /** Added to the scores of candidates that are not the target: minus the log of their chance of being a candidate. */
  readonly shifts: Float32Array
  /** Per row the place of its target among the candidates. */
  readonly targets: Int32Array
}

/** Dropout of one step: kept with a chance of kept256 / 256. */
export type Dropout = { readonly kept256: number; readonly seed: number }

export const NO_DROPOUT: Dropout = { kept256: 256, seed: 0 }

export type NetworkSizes = { readonly items: number; readonly maxRows: number; readonly maxCandidates: number }

/** Parts of attention's backward pass that keep gradients of their own; fixed, so that threads do not change sums. */
const PARTS = 16

/**
 * A causal self-attention encoder (SASRec: Kang & McAuley, ICDM 2018) with its gradients, over pool memory: pre-normalised blocks of attention and a
 * two-layer network with ReLU, tied item vectors, and in place of absolute positions a learnt bias per head and distance (T5: Raffel et al.
 * 2020), so that a history of any length is read alike. All passes give the same bits whatever the number of threads.
 */
export class SequenceNetwork {
  readonly shape: EncoderShape
  readonly layout: WeightLayout
  /** All weights but the item vectors, and their gradients. */
  readonly weights: Float32Array
  readonly weightGradients: Float32Array
  /** Item vectors, row-major, padded to whole blocks of the optimiser. */
  readonly table: Float32Array
  readonly tableGradients: Float32Array
  readonly #pool: KernelPool
  readonly #state: State

  constructor(pool: KernelPool, shape: EncoderShape, sizes: NetworkSizes) {
    this.shape = shape
    this.layout = layOutWeights(shape)
    this.#pool = pool
    this.weights = pool.f32(this.layout.size)
    this.weightGradients = pool.f32(this.layout.size)
    const padded = Math.ceil((sizes.items * shape.dim) / 256) * 256
    this.table = pool.f32(padded)
    this.tableGradients = pool.f32(padded)
    this.#state = createState(pool, shape, sizes)
  }

  /** Encodes histories. @returns One vector per row: what the model expects after that row; a view that the next call overwrites. */
  async encode(batch: SequenceBatch, dropout: Dropout = NO_DROPOUT): Promise<Float32Array> {
    const { dim } = this.shape
    const state = this.#state
    const count = batch.items.length
    const rows = Math.ceil(count / 8) * 8
    state.items.fill(-1, 0, rows)
    state.items.set(batch.items)
    state.offsets.set(batch.offsets)
    const scale = Math.sqrt(dim)
    const { kept256, seed } = dropout
    await overRows(this.#pool, 'gatherRows', rows, [
      this.table.byteOffset,
      state.items.byteOffset,
      state.stream.byteOffset,
      dim,
      scale,
      kept256,
      seed,
    ])
    for (let block = 0; block < this.shape.blocks; block++)
      await this.#blockForward(block, { rows, count, sequences: batch.offsets.length - 1, dropout })
    await this.#normalise(state.stream, state.last, rows)
    return state.last.out.subarray(0, count * dim)
  }

  /**
   * Encodes, compares with the targets by softmax cross-entropy, and adds to `weightGradients` and `tableGradients`.
   * @returns The mean loss of a row.
   */
  async learn(batch: SequenceBatch, wanted: BatchTargets, dropout: Dropout): Promise<number> {
    await this.encode(batch, dropout)
    const pass: Pass = {
      rows: Math.ceil(batch.items.length / 8) * 8,
      count: batch.items.length,
      sequences: batch.offsets.length - 1,
      dropout,
    }
    const loss = await this.#compare(wanted, pass)
    this.#state.dstream.fill(0, 0, pass.rows * this.shape.dim)
    await this.#normaliseBack(this.#state.last, pass.rows)
    for (let block = this.shape.blocks - 1; block >= 0; block--) await this.#blockBack(block, pass)
    const { kept256, seed } = dropout
    this.#pool.inline.scatterRows(
      0,
      pass.rows,
      0,
      this.tableGradients.byteOffset,
      this.#state.items.byteOffset,
      this.#state.dstream.byteOffset,
      this.shape.dim,
      Math.sqrt(this.shape.dim),
      kept256,
      seed,
    )
    return loss
  }

  async #blockForward(block: number, pass: Pass): Promise<void> {
    const { dim, heads, hidden } = this.shape
    const { products, blocks, stream, offsets, branch } = this.#state
    const { rows, count, sequences, dropout } = pass
    const own = blocks[block]
    const weight = (part: BlockPart): Matrix => this.#matrix(this.weights, block, part)
    await this.#normalise(stream, own.before, rows)
    await products.times(matrix(own.before.out, rows, dim), weight('attention'), matrix(own.qkv, rows, 3 * dim))
    own.mixed.fill(0, count * dim, rows * dim)
    await this.#pool.run({
      kernel: 'attend',
      tasks: sequences,
      chunk: 4,
      args: [
        offsets.byteOffset,
        own.qkv.byteOffset,
        weight('distance').at,
        own.attention.byteOffset,
        own.mixed.byteOffset,
        heads,
        dim / heads,
        lineLength(this.shape),
      ],
    })
    await products.times(matrix(own.mixed, rows, dim), weight('mix'), matrix(branch, rows, dim))
    await this.#addDropped(branch, rows, dropSeed(dropout, block * 2 + 1))
    await this.#normalise(stream, own.between, rows)
    await products.times(matrix(own.between.out, rows, dim), weight('up'), matrix(own.inner, rows, hidden))
    await overRows(this.#pool, 'biasRelu', rows, [own.inner.byteOffset, weight('upBias').at, hidden])
    await products.times(matrix(own.inner, rows, hidden), weight('down'), matrix(branch, rows, dim))
    await this.#addDropped(branch, rows, dropSeed(dropout, block * 2 + 2))
  }

  async #compare({ candidates, shifts, targets }: BatchTargets, { rows, count }: Pass): Promise<number> {
    const { dim } = this.shape
    const { products, last, scores, losses, dlast } = this.#state
    const state = this.#state
    const width = Math.ceil(candidates.length / 8) * 8
    state.candidates.fill(-1, 0, width)
    state.candidates.set(candidates)
    state.shifts.fill(0, 0, width)
    state.shifts.set(shifts)
    state.targets.fill(-1, 0, rows)
    state.targets.set(targets)
    const at = [this.table.byteOffset, state.candidates.byteOffset, state.chosen.byteOffset, dim, 1, 256, 0]
    await overRows(this.#pool, 'gatherRows', width, at)
    const chosen = matrix(state.chosen, width, dim)
    const logits = matrix(scores, rows, width)
    await this.#timesChosen(logits, width)
    await this.#pool.run({
      kernel: 'softmaxLoss',
      tasks: rows,
      chunk: 32,
      args: [
        scores.byteOffset,
        state.shifts.byteOffset,
        state.targets.byteOffset,
        losses.byteOffset,
        width,
        candidates.length,
        1 / count,
      ],
    })
    await products.times(logits, chosen, matrix(dlast, rows, dim))
    await products.transposedTimes(logits, matrix(last.out, rows, dim), chosen)
    const table = this.tableGradients.byteOffset
    this.#pool.inline.scatterRows(0, width, 0, table, state.candidates.byteOffset, chosen.at, dim, 1, 256, 0)
    let loss = 0
    for (let r = 0; r < count; r++) loss += losses[r]
    return loss / count
  }

  /** Scores of the chosen candidates, their panels gathered straight from the table. */
  async #timesChosen(logits: Matrix, width: number): Promise<void> {
    const { dim } = this.shape
    const { candidates, panels, last } = this.#state
    const gathered = [this.table.byteOffset, candidates.byteOffset, panels.byteOffset, dim]
    await this.#pool.run({ kernel: 'gatherPanels', tasks: width / 8, chunk: 16, args: gathered })
    await this.#pool.run({
      kernel: 'gemm',
      tasks: logits.rows / 8,
      chunk: 4,
      scratchBytes: 32 * dim,
      args: [last.out.byteOffset, panels.byteOffset, logits.at, dim, width],
    })
  }

  async #blockBack(block: number, pass: Pass): Promise<void> {
    const { dim, hidden } = this.shape
    const { products, blocks, branch, dinner, dlast } = this.#state
    const { rows, dropout } = pass
    const own = blocks[block]
    const weight = (part: BlockPart): Matrix => this.#matrix(this.weights, block, part)
    const gradient = (part: BlockPart): Matrix => this.#matrix(this.weightGradients, block, part)
    const given = matrix(branch, rows, dim)
    const inner = matrix(own.inner, rows, hidden)
    const dhidden = matrix(dinner, rows, hidden)
    const dnormal = matrix(dlast, rows, dim)
    await this.#dropBack(branch, rows, dropSeed(dropout, block * 2 + 2))
    await products.transposedTimes(inner, given, gradient('down'))
    await products.timesTransposed(given, weight('down'), dhidden)
    await overRows(this.#pool, 'reluBack', rows, [dhidden.at, inner.at, hidden])
    addColumns(dinner, rows, this.weightGradients.subarray(this.layout.blocks[block].upBias.at), hidden)
    await products.transposedTimes(matrix(own.between.out, rows, dim), dhidden, gradient('up'))
    await products.timesTransposed(dhidden, weight('up'), dnormal)
    await this.#normaliseBack(own.between, rows)
    await this.#dropBack(branch, rows, dropSeed(dropout, block * 2 + 1))
    await products.transposedTimes(matrix(own.mixed, rows, dim), given, gradient('mix'))
    await products.timesTransposed(given, weight('mix'), dnormal)
    await this.#attendBack(block, pass)
    const dqkv = matrix(this.#state.dqkv, rows, 3 * dim)
    await products.transposedTimes(matrix(own.before.out, rows, dim), dqkv, gradient('attention'))
    await products.timesTransposed(dqkv, weight('attention'), dnormal)
    await this.#normaliseBack(own.before, rows)
  }

  async #attendBack(block: number, { sequences, count, rows }: Pass): Promise<void> {
    const { dim, heads } = this.shape
    const { blocks, offsets, dlast, dqkv, ddistance } = this.#state
    const line = lineLength(this.shape)
    ddistance.fill(0)
    dqkv.fill(0, count * 3 * dim, rows * 3 * dim)
    await this.#pool.run({
      kernel: 'attendBack',
      tasks: PARTS,
      scratchBytes: line * 4,
      args: [
        offsets.byteOffset,
        blocks[block].qkv.byteOffset,
        blocks[block].attention.byteOffset,
        dlast.byteOffset,
        dqkv.byteOffset,
        ddistance.byteOffset,
        heads,
        dim / heads,
        line,
        sequences,
        Math.ceil(sequences / PARTS),
      ],
    })
    const { at } = this.layout.blocks[block].distance
    for (let k = 0; k < PARTS * heads * line; k++) this.weightGradients[at + (k % (heads * line))] += ddistance[k]
  }

  #matrix(from: Float32Array, block: number, part: BlockPart): Matrix {
    const { at, rows, columns } = this.layout.blocks[block][part]
    return { at: from.byteOffset + at * 4, rows, columns }
  }

  #normalise(from: Float32Array, to: Normalised, rows: number): Promise<void> {
    const args = [from.byteOffset, to.out.byteOffset, to.rates.byteOffset, this.shape.dim]
    return overRows(this.#pool, 'normaliseRows', rows, args)
  }

  /** Adds to the stream's gradient that of a normalisation, whose own is in `dlast`. */
  #normaliseBack(of: Normalised, rows: number): Promise<void> {
    const { dlast, dstream } = this.#state
    const args = [dlast.byteOffset, of.out.byteOffset, of.rates.byteOffset, dstream.byteOffset, this.shape.dim]
    return overRows(this.#pool, 'normaliseBack', rows, args)
  }

  #addDropped(branch: Float32Array, rows: number, { kept256, seed }: Dropout): Promise<void> {
    const args = [this.#state.stream.byteOffset, branch.byteOffset, this.shape.dim, kept256, seed]
    return overRows(this.#pool, 'addDropped', rows, args)
  }

  #dropBack(branch: Float32Array, rows: number, { kept256, seed }: Dropout): Promise<void> {
    const args = [this.#state.dstream.byteOffset, branch.byteOffset, this.shape.dim, kept256, seed]
    return overRows(this.#pool, 'dropBack', rows, args)
  }
}

type Pass = { readonly rows: number; readonly count: number; readonly sequences: number; readonly dropout: Dropout }

type Normalised = { readonly out: Float32Array; readonly rates: Float32Array }

type State = ReturnType<typeof createState>

function createState(pool: KernelPool, shape: EncoderShape, { maxRows, maxCandidates }: NetworkSizes) {
  const { dim, heads, hidden } = shape
  const rows = Math.ceil(maxRows / 8) * 8
  const width = Math.ceil(maxCandidates / 8) * 8
  const normalised = (): Normalised => ({ out: pool.f32(rows * dim), rates: pool.f32(rows) })
  const line = lineLength(shape)
  return {
    products: createProducts(pool, Math.max(rows, width, hidden) * Math.max(3 * dim, hidden)),
    items: pool.i32(rows),
    offsets: pool.i32(rows + 1),
    stream: pool.f32(rows * dim),
    dstream: pool.f32(rows * dim),
    branch: pool.f32(rows * dim),
    last: normalised(),
    dlast: pool.f32(rows * dim),
    dinner: pool.f32(rows * hidden),
    dqkv: pool.f32(rows * 3 * dim),
    ddistance: pool.f32(PARTS * heads * line),
    candidates: pool.i32(width),
    shifts: pool.f32(width),
    chosen: pool.f32(width * dim),
    panels: pool.f32(width * dim),
    targets: pool.i32(rows),
    losses: pool.f32(rows),
    scores: pool.f32(rows * width),
    blocks: Array.from({ length: shape.blocks }, () => ({
      before: normalised(),
      qkv: pool.f32(rows * 3 * dim),
      attention: pool.f32(rows * heads * line),
      mixed: pool.f32(rows * dim),
      between: normalised(),
      inner: pool.f32(rows * hidden),
    })),
  }
}

/** Dropout of one place in the network. */
function dropSeed({ kept256, seed }: Dropout, place: number): Dropout {
  return { kept256, seed: (seed + Math.imul(place, 0x632be5ab)) | 0 }
}
