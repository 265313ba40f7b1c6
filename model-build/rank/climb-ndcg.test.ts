import { expect, test } from 'vitest'
import { createRandom } from '../train/random.ts'
import { bestStart, climbNdcg } from './climb-ndcg.ts'
import type { StandardList } from './linear-head.ts'

/** Lists of 40 candidates whose relevance follows the second of three features. */
const lists: StandardList[] = Array.from({ length: 60 }, (_, l) => {
  const random = createRandom(l + 1)
  const rows = Float32Array.from({ length: 40 * 3 }, () => random())
  const relevant = Array.from({ length: 40 }, (_, row) => row)
    .sort((a, b) => rows[b * 3 + 1] - rows[a * 3 + 1])
    .slice(0, 4)
  const target = new Float32Array(40)
  for (const row of relevant) target[row] = 1 / 4
  return { rows, count: 40, target, relevant: 4 }
})

test('bestStart takes the weights whose order finds most', () => {
  const starts = [Float64Array.of(1, 0, 0), Float64Array.of(0.2, 1, 0), Float64Array.of(0, 0, 1)]
  expect(bestStart(lists, starts)).toBe(starts[1])
})

test('climbNdcg moves towards what orders the lists', () => {
  const weights = climbNdcg(lists, Float64Array.of(1, 0.5, -1))
  expect(weights[1]).toBeGreaterThan(2 * Math.max(Math.abs(weights[0]), Math.abs(weights[2])))
})

test('climbNdcg keeps weights that nothing improves', () => {
  const best = Float64Array.of(0, 1, 0)
  expect(climbNdcg(lists, best)).toEqual(best)
  expect(climbNdcg([], best)).toEqual(best)
})
