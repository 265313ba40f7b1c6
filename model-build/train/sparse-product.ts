import type { ContentRows } from './content-features.ts'
import { transposeRows } from './interaction-matrix.ts'
import type { KernelPool } from './thread-pool.ts'

/** Products of a sparse items x terms matrix X with dense matrices of one width; results are pool buffers that the next call overwrites. */
export type SparseProduct = {
  /** X B for B terms x width. */
  multiply(right: Float32Array): Promise<Float32Array>
  /** X'B for B items x width. */
  multiplyTransposed(right: Float32Array): Promise<Float32Array>
}

/** Places X and its transpose in the pool's current scope; a width that is no multiple of 4 is padded inside. */
export function createSparseProduct(pool: KernelPool, rows: ContentRows, width: number): SparseProduct {
  const padded = Math.ceil(width / 4) * 4
  const matrix = {
    rowCount: rows.itemCount,
    columnCount: rows.termCount,
    offsets: rows.offsets,
    columns: rows.terms,
    weights: rows.values,
  }
  const side = (part: typeof matrix) => ({
    rowCount: part.rowCount,
    arrays: [pool.copyI32(part.offsets), pool.copyI32(part.columns), pool.copyF32(part.weights)],
    right: pool.f32(part.columnCount * padded),
    out: pool.f32(part.rowCount * padded),
    result: padded === width ? undefined : new Float32Array(part.rowCount * width),
  })
  const turned = transposeRows(matrix)
  const [plain, transposed] = [side(matrix), side({ ...turned, weights: turned.weights ?? rows.values })]
  const run = async (part: ReturnType<typeof side>, right: Float32Array): Promise<Float32Array> => {
    copyRows(right, part.right, width, padded)
    const pointers = [...part.arrays, part.right, part.out].map((array) => array.byteOffset)
    await pool.run({ kernel: 'sparseTimesDense', tasks: part.rowCount, chunk: 256, args: [...pointers, padded] })
    if (part.result === undefined) return part.out
    copyRows(part.out, part.result, padded, width)
    return part.result
  }
  return {
    multiply: (right) => run(plain, right),
    multiplyTransposed: (right) => run(transposed, right),
  }
}

function copyRows(from: Float32Array, to: Float32Array, fromWidth: number, toWidth: number): void {
  if (fromWidth === toWidth) {
    to.set(from)
    return
  }
  const shared = Math.min(fromWidth, toWidth)
  for (let a = 0, b = 0; a < from.length; a += fromWidth, b += toWidth) to.set(from.subarray(a, a + shared), b)
}
