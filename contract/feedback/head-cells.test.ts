import { describe, expect, test } from 'vitest'
import { headCell } from './head-cells.ts'

describe('headCell', () => {
  test('gives popular items cells of their own, others a bucket, and no click the last', () => {
    expect(headCell(7, 0)).toBe(0)
    expect(headCell(7, 958)).toBe(958)
    expect(headCell(null, 3)).toBe(1_023)
    for (const place of [-1, 959, 5_000]) {
      expect(headCell(7, place)).toBeGreaterThanOrEqual(959)
      expect(headCell(7, place)).toBeLessThan(1_023)
    }
  })

  test('spreads other items evenly over the 64 buckets', () => {
    const counts = new Array<number>(64).fill(0)
    for (let itemNo = 0; itemNo < 64_000; itemNo++) counts[headCell(itemNo, -1) - 959]++
    expect(Math.min(...counts)).toBeGreaterThan(900)
    expect(Math.max(...counts)).toBeLessThan(1_100)
  })
})
