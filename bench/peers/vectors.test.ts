import { expect, test } from 'vitest'
import { drawVectors, exactNeighbours, recallAt } from './vectors.ts'

test('drawVectors › gives unit vectors, the same for the same arguments', () => {
  const set = drawVectors({ items: 40, dim: 8, queries: 3 })
  const norm = Math.hypot(...set.rows.subarray(8, 16))
  expect(norm).toBeCloseTo(1, 5)
  expect(drawVectors({ items: 40, dim: 8, queries: 3 })).toEqual(set)
})

test('exactNeighbours › orders by inner product, then by row', () => {
  const rows = Float32Array.of(1, 0, 0, 1, 1, 0)
  expect(exactNeighbours({ dim: 2, rows, queries: Float32Array.of(1, 0) }, 3)).toEqual([Uint32Array.of(0, 2, 1)])
})

test('recallAt › is the share of the true nearest, repeats counted once', () => {
  const truth = [Uint32Array.of(1, 2, 3, 4)]
  expect(recallAt(4, [[1, 1, 2, 9]], truth)).toBe(0.5)
  expect(recallAt(2, [[2, 1]], truth)).toBe(1)
  expect(recallAt(4, [[]], truth)).toBe(0)
})
