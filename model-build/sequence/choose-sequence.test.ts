import { afterAll, expect, test } from 'vitest'
import type { Interactions } from '../dataset.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { chooseSequence } from './choose-sequence.ts'
import { markovLists } from './markov-lists.ts'

const pool = await createKernelPool()
afterAll(() => pool.close())

const ITEMS = 60

function chains(users: number): Interactions {
  const lists = markovLists({ users, items: ITEMS, perUser: 10, followers: 2, noise: 0.1, seed: 4 })
  return { ...logFromLists(lists, ITEMS), order: 'order' }
}

test('the horizon is chosen first, then dropout with it, by trials of equally many epochs', async () => {
  const shares: number[] = []
  const options = { seed: 1, visitors: 'new', pool, minSupport: 1 } as const
  const chosen = await chooseSequence(chains(250), { ...options, onShare: (share) => shares.push(share) })
  expect(chosen?.tried).toHaveLength(4)
  const tried = chosen?.tried ?? []
  const [next, ahead, ...others] = tried
  expect([next.horizon, ahead.horizon]).toEqual([1, 3])
  expect(next.dropout).toBe(ahead.dropout)
  const horizon = next.ndcg >= ahead.ndcg ? 1 : 3
  for (const other of others) expect(other).toMatchObject({ horizon, epochs: next.epochs })
  expect(new Set(tried.map(({ dropout }) => dropout)).size).toBe(3)
  expect(chosen?.ndcg).toBe(Math.max(...tried.map(({ ndcg }) => ndcg)))
  expect(chosen?.ndcg).toBeGreaterThan(0.25) // lists by chance: 0.17
  expect(shares.at(-1)).toBe(1)
})

test('a log of too few users chooses nothing', async () => {
  expect(await chooseSequence(chains(30), { seed: 1, visitors: 'new', pool, minSupport: 1 })).toBeNull()
})
