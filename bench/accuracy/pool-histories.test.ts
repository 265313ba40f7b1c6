import { expect, test } from 'vitest'
import { poolHistories } from './pool-histories.ts'

test('poolHistories › weighs folds by their users', () => {
  const points = [
    { length: 1, users: 1, ndcg: 0.5, popularity: 0.25 },
    { length: 1, users: 3, ndcg: 0.25, popularity: 0.125 },
    { length: 0, users: 4, ndcg: 0.5, popularity: 0.5 },
  ]
  expect(poolHistories(points)).toEqual({ 0: 1, 1: 2 })
})
