import type { KernelPool } from './thread-pool.ts'

/** Users scored at once. */
const BATCH = 64

/** Vectors in pool memory, `padded` floats per row (a multiple of 8), the rest of each row zero. */
export type PaddedRows = { readonly values: Float32Array; readonly count: number; readonly padded: number }

/** Copies row-major vectors of length dim into padded pool rows. */
export function padRows(pool: KernelPool, vectors: Float32Array, dim: number): PaddedRows {
  const padded = Math.ceil(dim / 8) * 8
  const count = vectors.length / dim
  const values = pool.f32(Math.ceil(count / 8) * 8 * padded)
  for (let r = 0; r < count; r++) values.set(vectors.subarray(r * dim, r * dim + dim), r * padded)
  return { values, count, padded }
}

/** Inner products of every user with every item, exact brute force; `visit` gets one user's scores, a buffer that is reused. */
export async function scoreAll(
  pool: KernelPool,
  users: PaddedRows,
  items: PaddedRows,
  visit: (user: number, scores: Float32Array) => void,
): Promise<void> {
  const { padded, count } = items
  const width = Math.ceil(count / 8) * 8
  await pool.scope(async () => {
    const panels = pool.f32(width * padded)
    for (let i = 0; i < count; i++) {
      const to = (i >> 3) * padded * 8 + (i & 7)
      for (let k = 0; k < padded; k++) panels[to + k * 8] = items.values[i * padded + k]
    }
    const batch = pool.f32(BATCH * padded)
    const scores = pool.f32(BATCH * width)
    for (let first = 0; first < users.count; first += BATCH) {
      const rows = Math.min(BATCH, users.count - first)
      batch.set(users.values.subarray(first * padded, (first + rows) * padded))
      const args = [batch.byteOffset, panels.byteOffset, scores.byteOffset, padded, width]
      await pool.run({ kernel: 'gemm', tasks: Math.ceil(rows / 8), scratchBytes: 32 * padded, args })
      for (let r = 0; r < rows; r++) visit(first + r, scores.subarray(r * width, r * width + count))
    }
  })
}
