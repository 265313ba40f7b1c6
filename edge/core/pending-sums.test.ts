import { expect, test } from 'vitest'
import { PendingSums } from './pending-sums.ts'
import type { SumKey } from './sum-store.ts'

const key = (stripe: number, epoch = 5): SumKey => ({ site: 'shop', plan: 'p', epoch, qid: 1, stripe })

function fill(pending: PendingSums, of: SumKey, count: number): void {
  for (let i = 0; i < count; i++) pending.add(of, Float64Array.of(1, 2))
}

test('a sum is taken once it has gained 20 reports, and starts anew', () => {
  const pending = new PendingSums()
  fill(pending, key(1), 19)
  expect(pending.take(5)).toEqual([])
  fill(pending, key(1), 1)
  expect(pending.take(5)).toMatchObject([{ stripe: 1, count: 20, sum: Float64Array.of(20, 40) }])
  fill(pending, key(1), 19)
  expect(pending.take(5)).toEqual([])
})

test('at the end of an epoch the rests of all stripes become one, or are dropped below 20', () => {
  const pending = new PendingSums()
  for (let stripe = 0; stripe < 3; stripe++) fill(pending, key(stripe), 8)
  fill(pending, key(9), 30)
  expect(pending.take(6).map(({ stripe, count }) => [stripe, count])).toEqual([
    [0, 24],
    [9, 30],
  ])
  fill(pending, key(1), 12)
  expect(pending.take(6)).toEqual([])
  fill(pending, key(1), 12)
  expect(pending.take(6)).toEqual([])
})

test('what could not be written comes back whole', () => {
  const pending = new PendingSums()
  fill(pending, key(1), 25)
  pending.putBack(pending.take(5))
  expect(pending.take(5)).toMatchObject([{ count: 25, sum: Float64Array.of(25, 50) }])
})
