import { describe, expect, test } from 'vitest'
import { quasiRandomPoints } from './quasi-random.ts'
import { drawCandidates, EMBEDDING_SPACE, RANKER_SPACE } from './search-space.ts'

describe('quasiRandomPoints', () => {
  test('fill every cell of a grid that random points of the same number leave partly empty', () => {
    const points = quasiRandomPoints(64, 2, 5)
    const cells = new Set(points.map(([x, y]) => Math.floor(x * 6) * 6 + Math.floor(y * 6)))
    expect(cells.size).toBe(36)
  })

  test('start elsewhere under another seed, and are the same under the same', () => {
    expect(quasiRandomPoints(5, 3, 1)).toEqual(quasiRandomPoints(5, 3, 1))
    expect(quasiRandomPoints(5, 3, 1)).not.toEqual(quasiRandomPoints(5, 3, 2))
  })
})

describe('drawCandidates', () => {
  const present = { dim: 64, alpha0: 0.3, reg: 0.003, nu: 1 }
  const drawn = drawCandidates(EMBEDDING_SPACE, present, { count: 200, seed: 3 })

  test('starts with the present setting and stays in the ranges', () => {
    expect(drawn[0]).toBe(present)
    expect(drawn).toHaveLength(200)
    for (const { dim, alpha0, reg, nu } of drawn.slice(1)) {
      expect([32, 64, 96, 128]).toContain(dim)
      expect([0, 0.5, 1]).toContain(nu)
      expect(alpha0 / 0.3).toBeGreaterThanOrEqual(0.249)
      expect(alpha0 / 0.3).toBeLessThanOrEqual(4.001)
      expect(reg / 0.003).toBeGreaterThanOrEqual(0.249)
      expect(reg / 0.003).toBeLessThanOrEqual(4.001)
    }
    expect(new Set(drawn.map(({ dim }) => dim))).toEqual(new Set([32, 64, 96, 128]))
  })

  test('never leaves the outer bounds of a range, however extreme the present value is', () => {
    const far = drawCandidates(EMBEDDING_SPACE, { ...present, alpha0: 8, reg: 0.00005 }, { count: 50, seed: 3 })
    for (const { alpha0, reg } of far.slice(1)) {
      expect(alpha0).toBeLessThanOrEqual(10)
      expect(reg).toBeGreaterThanOrEqual(0.0001)
    }
  })

  test('rounds what is counted', () => {
    const trees = { leaves: 15, learningRate: 0.05, minLeafRows: 400, featureFraction: 0.5 }
    for (const { leaves, minLeafRows } of drawCandidates(RANKER_SPACE, trees, { count: 50, seed: 1 })) {
      expect(Number.isInteger(leaves) && leaves >= 4 && leaves <= 63).toBe(true)
      expect(Number.isInteger(minLeafRows) && minLeafRows >= 50 && minLeafRows <= 2000).toBe(true)
    }
  })
})
