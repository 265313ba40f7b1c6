import type { KernelPool } from '../train/thread-pool.ts'

/** A row-major matrix in pool memory; rows and columns are multiples of 8. */
export type Matrix = { readonly at: number; readonly rows: number; readonly columns: number }

/** An array in pool memory as a matrix. */
export function matrix(values: Float32Array, rows: number, columns: number): Matrix {
  return { at: values.byteOffset, rows, columns }
}

/** Adds the sum of each column, in the order of rows, to the first `columns` of `to`. */
export function addColumns(from: Float32Array, rows: number, to: Float32Array, columns: number): void {
  for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[c] += from[at++]
}

/** Rows that a thread takes at once in kernels that work row by row. */
const ROWS_AT_ONCE = 256

/** Rows that one thread does in less time than it takes to hand them out. */
const FEW_ROWS = 1024

/** Products of matrices in pool memory; `panels` is room for the larger right-hand side. */
export type Products = {
  /** c = a b */
  readonly times: (a: Matrix, b: Matrix, c: Matrix) => Promise<void>
  /** c = a b' */
  readonly timesTransposed: (a: Matrix, b: Matrix, c: Matrix) => Promise<void>
  /** c = a' b */
  readonly transposedTimes: (a: Matrix, b: Matrix, c: Matrix) => Promise<void>
}

/** Creates products over a pool. @param panelFloats - Size of the largest right-hand side. */
export function createProducts(pool: KernelPool, panelFloats: number): Products {
  const panels = pool.f32(panelFloats).byteOffset
  const inOrder = pool.copyI32(Int32Array.from({ length: MAX_TRANSPOSED_ROWS }, (_, row) => row)).byteOffset
  const pack = async (b: Matrix): Promise<void> => {
    const args = [b.at, panels, b.rows, b.columns]
    if (b.rows <= FEW_ROWS) pool.inline.packPanels(0, b.columns / 8, 0, ...args)
    else await pool.run({ kernel: 'packPanels', tasks: b.columns / 8, chunk: 2, args })
  }
  const multiply = (a: Matrix, c: Matrix) =>
    pool.run({
      kernel: 'gemm',
      tasks: a.rows / 8,
      chunk: 16,
      scratchBytes: 32 * a.columns,
      args: [a.at, panels, c.at, a.columns, c.columns],
    })
  return {
    times: async (a, b, c) => {
      await pack(b)
      await multiply(a, c)
    },
    timesTransposed: async (a, b, c) => {
      pool.inline.gatherPanels(0, b.rows / 8, 0, b.at, inOrder, panels, b.columns)
      await multiply(a, c)
    },
    transposedTimes: async (a, b, c) => {
      await pack(b)
      await pool.run({
        kernel: 'gemmTransposed',
        tasks: a.columns / 8,
        chunk: 2,
        scratchBytes: 32 * a.rows,
        args: [a.at, panels, c.at, a.rows, a.columns, b.columns],
      })
    },
  }
}

/** Weights are the only matrices that are multiplied transposed. */
const MAX_TRANSPOSED_ROWS = 4096

/** Runs a kernel that works row by row; few rows are done here, sooner than threads would wake up. */
export async function overRows(
  pool: KernelPool,
  kernel: Parameters<KernelPool['run']>[0]['kernel'],
  rows: number,
  args: readonly number[],
): Promise<void> {
  if (rows <= FEW_ROWS) pool.inline[kernel](0, rows, 0, ...args)
  else await pool.run({ kernel, tasks: rows, chunk: ROWS_AT_ONCE, args })
}
