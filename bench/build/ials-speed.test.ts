import { expect, test } from 'vitest'
import { ialsFlops } from './ials-speed.ts'

test('ialsFlops › counts pairs, solves and the Gramian of each half sweep', () => {
  const size = { interactions: 10, items: 3, users: 5, dim: 6 }
  const pairs = 10 * (6 * 7 + 12)
  const solve = 216 / 3 + 72
  expect(ialsFlops(size, 1)).toBe(pairs + 5 * solve + 3 * 42)
  expect(ialsFlops(size, 2)).toBe(ialsFlops(size, 1) + pairs + 3 * solve + 5 * 42)
})
