import type { KernelPool } from './thread-pool.ts'

/** Side of a stored tile. */
export const TILE_SIDE = 128

const TILE_CELLS = TILE_SIDE * TILE_SIDE

/** A symmetric matrix in pool memory: lower tiles of 128 x 128 (f32, row-major), tile (i, j <= i) at index i(i+1)/2 + j. */
export type SymmetricTiles = {
  readonly side: number
  readonly tileRows: number
  readonly cells: Float32Array
}

/** An all-zero matrix; rows beyond `side` are padding. */
export function createTiles(pool: KernelPool, side: number): SymmetricTiles {
  const tileRows = Math.ceil(side / TILE_SIDE)
  return { side, tileRows, cells: pool.f32(((tileRows * (tileRows + 1)) / 2) * TILE_CELLS) }
}

/** Index in `cells` of element (row, column) for column's tile <= row's tile; within diagonal tiles both triangles exist. */
export function tileIndex(row: number, column: number): number {
  const i = row >> 7
  const j = column >> 7
  return ((i * (i + 1)) / 2 + j) * TILE_CELLS + ((row & 127) << 7) + (column & 127)
}

/**
 * Replaces a symmetric positive definite matrix (lower triangle filled in, diagonal tiles too) by minus its inverse: blocks of 128 pivots
 * are swept in turn, n^3 flops in single precision, every tile update in a fixed order whatever the threads.
 * Source: the sweep operator (Goodnight, "A Tutorial on the SWEEP Operator", The American Statistician 1979), by blocks.
 */
export async function invertNegative(
  pool: KernelPool,
  matrix: SymmetricTiles,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const { tileRows, cells, side } = matrix
  for (let r = side; r < tileRows * TILE_SIDE; r++) cells[tileIndex(r, r)] = 1
  await pool.scope(async () => {
    const ct = pool.f32(tileRows * TILE_CELLS)
    const et = pool.f32(tileRows * TILE_CELLS)
    const inverse = pool.f32(TILE_CELLS)
    for (let k = 0; k < tileRows; k++) {
      const start = tileIndex(k * TILE_SIDE, k * TILE_SIDE)
      const pivot = cells.subarray(start, start + TILE_CELLS)
      invertPivot(pivot, inverse)
      await pool.run({
        kernel: 'sweepPanel',
        tasks: tileRows,
        chunk: 4,
        scratchBytes: 3 * TILE_CELLS * 4,
        args: [cells.byteOffset, inverse.byteOffset, ct.byteOffset, et.byteOffset, k],
      })
      const args = [cells.byteOffset, ct.byteOffset, et.byteOffset, k, tileRows]
      await pool.run({ kernel: 'sweepTiles', tasks: tileRows, args })
      for (let at = 0; at < TILE_CELLS; at++) pivot[at] = -inverse[at]
      onProgress?.(k + 1, tileRows)
    }
  })
}

/** Inverse of one symmetric positive definite tile in double precision (lower triangle read), by pivots swept one at a time. */
function invertPivot(tile: Float32Array, out: Float32Array): void {
  const a = new Float64Array(TILE_CELLS)
  for (let i = 0; i < TILE_SIDE; i++) {
    for (let j = 0; j <= i; j++) {
      a[i * TILE_SIDE + j] = tile[i * TILE_SIDE + j]
      a[j * TILE_SIDE + i] = tile[i * TILE_SIDE + j]
    }
  }
  const pivotRow = new Float64Array(TILE_SIDE)
  for (let p = 0; p < TILE_SIDE; p++) {
    const pivot = Math.max(a[p * TILE_SIDE + p], 1e-12)
    for (let j = 0; j < TILE_SIDE; j++) pivotRow[j] = a[p * TILE_SIDE + j]
    for (let i = 0; i < TILE_SIDE; i++) {
      if (i === p) continue
      const factor = pivotRow[i] / pivot
      const row = i * TILE_SIDE
      for (let j = 0; j < TILE_SIDE; j++) a[row + j] -= factor * pivotRow[j]
      a[row + p] = factor
    }
    for (let j = 0; j < TILE_SIDE; j++) a[p * TILE_SIDE + j] = pivotRow[j] / pivot
    a[p * TILE_SIDE + p] = -1 / pivot
  }
  for (let at = 0; at < TILE_CELLS; at++) out[at] = -a[at]
}
