import { expect, test } from 'vitest'
import { cellCentroid } from './cell-centroid.ts'

test('cellCentroid points where the rows point together, and is as long as the longest twentieth of them begins', () => {
  const short = Array.from({ length: 38 }, (_, i) => [i % 2 === 0 ? 3 : -3, 4]).flat()
  expect([...cellCentroid(Int8Array.of(...short, 0, 50, 0, 100), [1, 1])]).toEqual([0, 50])
  expect([...cellCentroid(Int8Array.of(...short, 0, 5, 0, 5), [1, 1])]).toEqual([0, 5])
})

test('cellCentroid measures lengths in the space, not in steps of its grid', () => {
  expect([...cellCentroid(Int8Array.of(6, 8), [0.5, 0.25])]).toEqual([6, 8])
  expect([...cellCentroid(Int8Array.of(10, 0, 0, 10), [1, 0.1])]).toEqual([10, 10])
})

test('cellCentroid is zero where rows cancel out, and stays on the grid', () => {
  expect([...cellCentroid(Int8Array.of(5, -5, -5, 5), [1, 1])]).toEqual([0, 0])
  expect([...cellCentroid(Int8Array.of(127, 127, 127, -127), [1, 1])]).toEqual([127, 0])
})
