import { expect, test } from 'vitest'
import { poolUsers, type UserLine } from './pool-users.ts'

test('poolUsers › pairs each method with the model on the users that it was asked about', () => {
  const lines: readonly UserLine[] = [
    { user_id: 'a', ndcg: { model: 0.5, ease: 0.25 } },
    { user_id: 'b', ndcg: { model: 1 } },
    { user_id: 'c', ndcg: { model: 0, ease: 0.75 } },
  ]
  const { means, methods } = poolUsers(lines)
  expect(means).toEqual({ model: 0.5, ease: 0.5 })
  expect(methods.ease).toEqual({ ours: [0.5, 0], theirs: [0.25, 0.75] })
})
