import { expect, test } from 'vitest'
import { halfByteDot, packHalfBytes } from './half-bytes.ts'

test.each([4, 5])('halfByteDot of rows of %i values is the product of what was packed, cut to half a byte', (dim) => {
  const values = Int8Array.from({ length: 3 * dim }, (_, k) => (k % 19) - 9)
  const query = Int16Array.from({ length: dim }, (_, d) => 100 * d - 170)
  const packed = packHalfBytes(values, dim)
  expect(packed.length).toBe(3 * Math.ceil(dim / 2))
  for (let row = 0; row < 3; row++) {
    const kept = [...values.subarray(row * dim, (row + 1) * dim)].map((value) => Math.min(7, Math.max(-8, value)))
    expect(halfByteDot(packed, row, query)).toBe(kept.reduce((sum, value, d) => sum + value * (query[d] ?? 0), 0))
  }
})
