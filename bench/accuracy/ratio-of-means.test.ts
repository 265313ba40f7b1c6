import { expect, test } from 'vitest'
import { ratioOfMeans } from './ratio-of-means.ts'

test('ratioOfMeans › is certain where one is a multiple of the other', () => {
  expect(ratioOfMeans([2, 4, 6], [1, 2, 3])).toEqual({ mean: 2, low: 2, high: 2 })
})

test('ratioOfMeans › has the interval of the formula', () => {
  // ratio 1; residuals 1, -1, so that the variance of the sum is 2 / (2 - 1) * 2 = 4, and its error over the total 2 is 1
  const { mean, low, high } = ratioOfMeans([2, 0], [1, 1])
  expect(mean).toBe(1)
  expect(high - mean).toBeCloseTo(1.96, 10)
  expect(mean - low).toBeCloseTo(1.96, 10)
})
