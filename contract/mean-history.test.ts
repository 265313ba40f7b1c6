import { expect, test } from 'vitest'
import { meanHistory } from './mean-history.ts'

test('a history is the direction of its sum, the latest item weighing most', () => {
  const vectors = Float32Array.of(8, 0, 0, 3) // oldest (8, 0), latest (0, 3)
  expect(meanHistory({ type: 'mean', ratio: 0.5, scale: 10 }, vectors, 2)).toEqual(Float32Array.of(8, 6))
  expect(meanHistory({ type: 'mean', ratio: 1, scale: 1 }, Float32Array.of(3, 4), 2)).toEqual(Float32Array.of(0.6, 0.8))
})

test('an empty history, and one that cancels out, have no direction', () => {
  const encoder = { type: 'mean', ratio: 1, scale: 4 } as const
  expect(meanHistory(encoder, new Float32Array(0), 2)).toEqual(Float32Array.of(0, 0))
  expect(meanHistory(encoder, Float32Array.of(1, 2, -1, -2), 2)).toEqual(Float32Array.of(0, 0))
})
