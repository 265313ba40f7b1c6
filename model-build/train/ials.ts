import type { Interactions } from '../dataset.ts'
import { type SparseRows, toSparseRows, transposeRows } from './interaction-matrix.ts'
import { createNormal, createRandom } from './random.ts'
import { type KernelPool, withPool } from './thread-pool.ts'

/** Hyper-parameters of iALS; the defaults are the middle of the published tables. */
export type IalsOptions = {
  /** Vector length, 1 … 512. */
  readonly dim: number
  /** Weight of every pair, observed or not, > 0. */
  readonly alpha0: number
  /** Regularisation, > 0. */
  readonly reg: number
  /** Exponent of the frequency in the regularisation. */
  readonly nu: 0 | 0.5 | 1
  /** User + item half sweeps. */
  readonly sweeps: number
  readonly seed: number
  /** Item vectors to start from, row-major, in place of random ones; fewer sweeps are then enough. Read only. */
  readonly start?: Float32Array
  /** One confidence > 0 per interaction, in place of the log's own; 'none' makes all 1. */
  readonly weights?: Float32Array | 'none'
  /** Users to learn from; all when absent. */
  readonly userSubset?: Int32Array
  readonly pool?: KernelPool
}

/** Trained factors, row-major, `dim` floats per row. Items without any interaction have a zero vector. Owned by the caller. */
export type IalsModel = {
  readonly dim: number
  readonly items: Float32Array
  /** Row r belongs to user r, or to `userSubset[r]`; solved against `items` as they are after the last sweep. */
  readonly users: Float32Array
}

/** Called after every half sweep with the number done and the total. */
export type OnProgress = (done: number, total: number) => void

/**
 * Trains implicit ALS by exact solves: minimises sum over observed pairs of w (1 - s)^2 + alpha0 sum over all pairs of s^2
 * + reg (sum_u (f_u + alpha0 |I|)^nu |u|^2 + sum_i (f_i + alpha0 |U|)^nu |i|^2), where f is the row's sum of weights (as in contract/fold-in).
 * Source: Rendle, Krichene, Zhang, Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022.
 * The same seed and input give the same bits whatever the number of threads.
 */
export async function trainIals(log: Interactions, options: IalsOptions, onProgress?: OnProgress): Promise<IalsModel> {
  const byUser = toSparseRows(log, options)
  return trainIalsOnRows(byUser, options, onProgress)
}

/** `trainIals` on users x items rows that are already there. */
export function trainIalsOnRows(byUser: SparseRows, options: IalsOptions, onProgress?: OnProgress): Promise<IalsModel> {
  return withPool(options.pool, async (pool) => {
    const padded = Math.ceil(options.dim / 8) * 8
    const items = pool.f32(byUser.columnCount * padded)
    const users = pool.f32(byUser.rowCount * padded)
    if (options.start === undefined) initialise(items, options.dim, padded, options.seed)
    else copyStart(options.start, items, { dim: options.dim, padded })
    const userSide = placeRows(pool, byUser, options)
    const itemSide = placeRows(pool, transposeRows(byUser), options)
    const total = options.sweeps * 2 + 1
    const { alpha0 } = options
    for (let half = 0; half < total; half++) {
      const isUsers = half % 2 === 0
      if (isUsers) await solveHalf(pool, userSide, { fixed: items, out: users, padded, alpha0 })
      else await solveHalf(pool, itemSide, { fixed: users, out: items, padded, alpha0 })
      onProgress?.(half + 1, total)
    }
    return { dim: options.dim, items: unpad(items, padded, options.dim), users: unpad(users, padded, options.dim) }
  })
}

type PlacedRows = {
  readonly rowCount: number
  readonly columnCount: number
  readonly offsets: Int32Array
  readonly columns: Int32Array
  readonly weights: Float32Array | undefined
  readonly regs: Float32Array
}

function placeRows(pool: KernelPool, rows: SparseRows, options: IalsOptions): PlacedRows {
  const regs = pool.f32(rows.rowCount)
  for (let r = 0; r < rows.rowCount; r++) {
    const frequency = rows.weights === undefined ? rows.offsets[r + 1] - rows.offsets[r] : sumOf(rows.weights, rows, r)
    regs[r] = options.reg * (frequency + options.alpha0 * rows.columnCount) ** options.nu
  }
  return {
    rowCount: rows.rowCount,
    columnCount: rows.columnCount,
    offsets: pool.copyI32(rows.offsets),
    columns: pool.copyI32(rows.columns),
    weights: rows.weights === undefined ? undefined : pool.copyF32(rows.weights),
    regs,
  }
}

function sumOf(weights: Float32Array, rows: SparseRows, row: number): number {
  let sum = 0
  for (let k = rows.offsets[row]; k < rows.offsets[row + 1]; k++) sum += weights[k]
  return sum
}

type HalfSweep = {
  readonly fixed: Float32Array
  readonly out: Float32Array
  readonly padded: number
  readonly alpha0: number
}

async function solveHalf(pool: KernelPool, rows: PlacedRows, { fixed, out, padded, alpha0 }: HalfSweep): Promise<void> {
  await pool.scope(async () => {
    const gram = await gramian(pool, fixed, { rows: rows.columnCount, padded, scale: alpha0 })
    await pool.run({
      kernel: 'ialsRows',
      tasks: rows.rowCount,
      chunk: 32,
      scratchBytes: 4 * (padded * padded + 140 * padded),
      args: [
        rows.offsets.byteOffset,
        rows.columns.byteOffset,
        rows.weights?.byteOffset ?? 0,
        fixed.byteOffset,
        gram.byteOffset,
        rows.regs.byteOffset,
        out.byteOffset,
        padded,
      ],
    })
  })
}

/** `scale` times V'V (padded x padded, full and symmetric) of the pool array `vectors`, summed in an order that threads do not change. */
export async function gramian(
  pool: KernelPool,
  vectors: Float32Array,
  { rows, padded, scale = 1 }: { readonly rows: number; readonly padded: number; readonly scale?: number },
): Promise<Float32Array> {
  const parts = Math.min(64, Math.max(1, Math.ceil(rows / 1024)))
  const size = Math.ceil(rows / parts)
  const cells = padded * padded
  const gram = pool.f32(cells)
  await pool.scope(async () => {
    const partial = pool.f32(parts * cells)
    const args = [vectors.byteOffset, rows, size, partial.byteOffset, padded]
    await pool.run({ kernel: 'gramParts', tasks: parts, scratchBytes: 512 * padded, args })
    for (let i = 0; i < padded; i++) {
      for (let j = i; j < padded; j++) {
        let sum = 0
        for (let p = 0; p < parts; p++) sum += partial[p * cells + i * padded + j]
        gram[i * padded + j] = sum * scale
        gram[j * padded + i] = sum * scale
      }
    }
  })
  return gram
}

/** Normal numbers with standard deviation 0.1 / sqrt(dim), as in the reference implementation; padding stays zero. */
function initialise(items: Float32Array, dim: number, padded: number, seed: number): void {
  const normal = createNormal(createRandom(seed))
  const scale = 0.1 / Math.sqrt(dim)
  for (let at = 0; at < items.length; at += padded) {
    for (let j = 0; j < dim; j++) items[at + j] = normal() * scale
  }
}

function copyStart(
  start: Float32Array,
  items: Float32Array,
  { dim, padded }: { readonly dim: number; readonly padded: number },
): void {
  for (let from = 0, to = 0; from < start.length; from += dim, to += padded)
    items.set(start.subarray(from, from + dim), to)
}

function unpad(vectors: Float32Array, padded: number, dim: number): Float32Array {
  const rows = vectors.length / padded
  const out = new Float32Array(rows * dim)
  for (let r = 0; r < rows; r++) out.set(vectors.subarray(r * padded, r * padded + dim), r * dim)
  return out
}
