import { expect, test } from 'vitest'
import { quantiseSpace } from './space.ts'

test('the largest value of each dimension is 127 steps', () => {
  const { quantised, scales } = quantiseSpace(Float32Array.of(1, -4, 0.5, 2), 2)
  expect(Array.from(quantised)).toEqual([127, -127, 64, 64])
  expect(scales[1]).toBeCloseTo(4 / 127, 6)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])('vectors with %s are refused by item, not rounded to 0', (wrong) => {
  expect(() => quantiseSpace(Float32Array.of(1, 2, 3, wrong), 2)).toThrow(`item 1 a vector with ${wrong}`)
})
