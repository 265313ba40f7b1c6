import { expect, test } from 'vitest'
import { fallingRate } from './falling-rate.ts'

test('the rate falls evenly to nearly nothing, and stays there in steps beyond those planned', () => {
  const shares = [0, 25, 50, 75, 100, 110].map((step) => fallingRate(step, 100))
  expect(shares).toEqual([1, 0.75, 0.5, 0.25, 0.01, 0.01])
})

test('it rises evenly first where a warm-up is asked for', () => {
  expect([1, 5, 10].map((step) => fallingRate(step, 1000, 10))).toEqual([0.1, 0.5, 0.99])
})
