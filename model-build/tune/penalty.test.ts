import { expect, test } from 'vitest'
import { toSparseRows } from '../train/interaction-matrix.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { penaltyFactor } from './penalty.ts'

test('penaltyFactor makes the summed penalty of another exponent equal that of exponent 1', () => {
  // Users have 2 and 1 rows, items 2, 1 and 0; alpha0 times the other side adds 1.5 to each user and 1 to each item.
  const rows = toSparseRows(logFromLists([[0, 1], [0]], 3))
  const weights = [2 + 1.5, 1 + 1.5, 2 + 1, 1 + 1, 0 + 1]
  const sum = weights.reduce((a, b) => a + b, 0)
  expect(penaltyFactor(rows, 0.5, 1)).toBe(1)
  expect(penaltyFactor(rows, 0.5, 0)).toBeCloseTo(sum / 5, 12)
  expect(penaltyFactor(rows, 0.5, 0.5)).toBeCloseTo(sum / weights.reduce((a, b) => a + Math.sqrt(b), 0), 12)
})
