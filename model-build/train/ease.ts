import type { SparseRows } from './interaction-matrix.ts'
import { createTiles, invertNegative, type SymmetricTiles, tileIndex } from './symmetric-inverse.ts'
import type { KernelPool } from './thread-pool.ts'

/** Receives the weights into one item: `weights[k]` speaks of item `sources[k]`, or of item k without `sources`. Buffers are reused. */
export type ColumnVisitor = (item: number, weights: Float32Array, sources?: Int32Array) => void

export type EaseJob = {
  readonly pool: KernelPool
  readonly byUser: SparseRows
  readonly byItem: SparseRows
  readonly lambda: number
  readonly onProgress: ((done: number, total: number) => void) | undefined
}

/** Items solved per batch of the dual form. */
const BATCH = 256

/**
 * EASE through the items: P = (X'X + lambda I)^-1, weight of source i into column j = -P_ij / P_jj (Steck 2019, eq. 8).
 * Items nobody touched are left out of the matrix and of the visits.
 */
export async function visitPrimalColumns(job: EaseJob, visit: ColumnVisitor): Promise<void> {
  const { pool, byUser, byItem } = job
  const { seen, position } = touchedItems(byItem)
  await pool.scope(async () => {
    const matrix = createTiles(pool, seen.length)
    addCounts(matrix, byUser, position, job.lambda)
    await invertNegative(pool, matrix, job.onProgress)
    const column = new Float32Array(seen.length)
    for (let j = 0; j < seen.length; j++) {
      const scale = -1 / matrix.cells[tileIndex(j, j)]
      for (let i = 0; i < seen.length; i++) {
        const cell = i >> 7 >= j >> 7 ? tileIndex(i, j) : tileIndex(j, i)
        column[i] = matrix.cells[cell] * scale
      }
      column[j] = 0
      visit(seen[j], column, seen)
    }
  })
}

/**
 * The same weights through the users, cheaper where they are few: with M = (XX' + lambda I)^-1 the Woodbury identity gives
 * P = (I - X'MX) / lambda, so weight(i, j) = (X'MX)_ij / (1 - (X'MX)_jj).
 */
export async function visitDualColumns(job: EaseJob, visit: ColumnVisitor): Promise<void> {
  const { pool, byUser, byItem } = job
  const items = byItem.rowCount
  await pool.scope(async () => {
    const stride = Math.ceil(byUser.rowCount / 4) * 4
    const dense = pool.f32(byUser.rowCount * stride)
    await pool.scope(async () => {
      const matrix = createTiles(pool, byUser.rowCount)
      addCounts(matrix, byItem, undefined, job.lambda)
      await invertNegative(pool, matrix)
      unpackNegative(matrix, dense, stride)
    })
    const offsets = pool.copyI32(byItem.offsets)
    const users = pool.copyI32(byItem.columns)
    const block = pool.f32(BATCH * items)
    for (let first = 0; first < items; first += BATCH) {
      const count = Math.min(BATCH, items - first)
      const args = [offsets.byteOffset, users.byteOffset, dense.byteOffset, stride, items, first, block.byteOffset]
      await pool.run({ kernel: 'dualColumns', tasks: count, chunk: 4, scratchBytes: stride * 4, args })
      for (let t = 0; t < count; t++) {
        const item = first + t
        if (byItem.offsets[item] === byItem.offsets[item + 1]) continue
        const column = block.subarray(t * items, (t + 1) * items)
        const scale = 1 / Math.max(1 - column[item], 1e-6)
        for (let i = 0; i < items; i++) column[i] *= scale
        column[item] = 0
        visit(item, column)
      }
      job.onProgress?.(first + count, items)
    }
  })
}

function touchedItems(byItem: SparseRows): { readonly seen: Int32Array; readonly position: Int32Array } {
  const position = new Int32Array(byItem.rowCount).fill(-1)
  const seen = new Int32Array(byItem.rowCount)
  let count = 0
  for (let i = 0; i < byItem.rowCount; i++) {
    if (byItem.offsets[i] === byItem.offsets[i + 1]) continue
    position[i] = count
    seen[count++] = i
  }
  return { seen: seen.subarray(0, count), position }
}

/** Lower triangle of (rows' rows + lambda I): counts of rows in which two columns meet. */
function addCounts(matrix: SymmetricTiles, rows: SparseRows, position: Int32Array | undefined, lambda: number): void {
  const { cells } = matrix
  for (let r = 0; r < rows.rowCount; r++) {
    const last = rows.offsets[r + 1]
    for (let a = rows.offsets[r]; a < last; a++) {
      const i = position === undefined ? rows.columns[a] : position[rows.columns[a]]
      for (let b = rows.offsets[r]; b <= a; b++) {
        const j = position === undefined ? rows.columns[b] : position[rows.columns[b]]
        cells[tileIndex(i, j)]++
      }
    }
  }
  for (let i = 0; i < matrix.side; i++) cells[tileIndex(i, i)] += lambda
}

function unpackNegative(matrix: SymmetricTiles, dense: Float32Array, stride: number): void {
  for (let i = 0; i < matrix.side; i++) {
    for (let j = 0; j <= i; j++) {
      const value = -matrix.cells[tileIndex(i, j)]
      dense[i * stride + j] = value
      dense[j * stride + i] = value
    }
  }
}
