import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from './samples.conformance.ts'
import { dequantise, integerQuery, quantise } from './vectors.ts'

const RUNS = { seed: 20_261_120, numRuns: 200 }

describe('quantise', () => {
  test('rounds to the grid of each dimension and clips to ±127', () => {
    const values = Float32Array.of(1, 1, -1.25, 0.75, 1_000, -1_000, Infinity, -Infinity)
    expect([...quantise(values, Float32Array.of(0.5, 0.25))]).toEqual([2, 4, -2, 3, 127, -127, 127, -127])
  })

  test('never gives -128 and is off by at most half a step within the range', () => {
    const value = fc.float({ min: -100, max: 100, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), fc.constantFrom(0.5, 1, 0.0625), (list, scale) => {
        const q = quantise(Float32Array.from(list), Float32Array.of(scale))
        for (const [i, x] of list.entries()) {
          expect(q[i]).toBeGreaterThanOrEqual(-127)
          if (Math.abs(x) <= 127 * scale) expect(Math.abs(q[i] * scale - x)).toBeLessThanOrEqual(scale / 2)
        }
      }),
      RUNS,
    )
  })

  test('returns its own grid points unchanged', () => {
    const points = Int8Array.from({ length: 255 }, (_, i) => i - 127)
    for (const scale of [1, 0.1, 0.013, 1e-6]) {
      const scales = Float32Array.of(scale)
      expect(quantise(dequantise(points, scales), scales)).toEqual(points)
    }
  })
})

test('dequantise multiplies in single precision', () => {
  const scales = Float32Array.of(0.1, 0.3)
  expect([...dequantise(Int8Array.of(3, -7, 127, 0), scales)]).toEqual(
    [3 * scales[0], -7 * scales[1], 127 * scales[0], 0].map(Math.fround),
  )
})

describe('integerQuery', () => {
  test('scales the largest part to 32767', () => {
    const { values, step } = integerQuery(Float32Array.of(2, -1, 0), Float32Array.of(0.5, 0.5, 9))
    expect([...values]).toEqual([32_767, -16_383, 0]) // -16383.5 rounds up
    expect(step).toBe(1 / 32_767)
  })

  test('of a zero vector is zero', () => {
    expect(integerQuery(new Float32Array(3), Float32Array.of(1, 1, 1))).toEqual({ values: new Int16Array(3), step: 0 })
  })

  test('keeps every score within step / 2 · Σ|q| of the exact product', () => {
    const random = seededRandom(11)
    for (const dim of [1, 2, 64, 512])
      for (let round = 0; round < 40; round++) {
        const user = Float32Array.from({ length: dim }, () => (random() - 0.5) * 10 ** (random() * 6 - 3))
        const scales = Float32Array.from({ length: dim }, () => 0.001 + random())
        const row = Int8Array.from({ length: dim }, () => Math.floor(random() * 255) - 127)
        const { values, step } = integerQuery(user, scales)
        let integer = 0
        let exact = 0
        let sizes = 0
        for (let d = 0; d < dim; d++) {
          integer += values[d] * row[d]
          exact += user[d] * scales[d] * row[d]
          sizes += Math.abs(row[d])
        }
        expect(Math.abs(integer * step - exact)).toBeLessThanOrEqual((step / 2) * sizes * (1 + 1e-9))
      }
  })

  test('cannot pass 2^31 in an i32 sum of 512 dimensions', () => {
    const { values } = integerQuery(new Float32Array(512).fill(-3), new Float32Array(512).fill(1))
    expect(values.reduce((sum, value) => sum + value * -128, 0)).toBeLessThan(2 ** 31)
    expect(values.every((value) => Math.abs(value) === 32_767)).toBe(true)
  })
})
