import { describe, expect, test } from 'vitest'
import type { Dataset } from '../dataset.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { summariseBehaviour } from '../release/behaviour.ts'
import { addPairs } from './add-pairs.ts'

const items = ['a', 'b', 'c', 'd'].map(bareItem)
const base: Dataset = {
  users: ['u'],
  items,
  interactions: {
    userCount: 1,
    itemCount: 4,
    userOffsets: Int32Array.of(0, 2),
    item: Int32Array.of(0, 1),
    weight: Float32Array.of(1, 5),
    at: Float64Array.of(1000, 2000),
    order: 'time',
  },
}
const pairs = { first: Int32Array.of(0, 2), second: Int32Array.of(1, 3), count: Int32Array.of(1, 2), pairsSeen: 9 }

describe('addPairs', () => {
  test('turns a pair of count n into n users with these two items', () => {
    const { interactions: log, users } = addPairs(base, pairs, { at: 3000, maxUsers: 100 })
    expect(log.userCount).toBe(4)
    expect(users).toHaveLength(4)
    expect([...log.userOffsets]).toEqual([0, 2, 4, 6, 8])
    expect([...log.item]).toEqual([0, 1, 0, 1, 2, 3, 2, 3])
    expect([...log.weight]).toEqual([1, 5, 1, 1, 1, 1, 1, 1])
    expect([...log.at]).toEqual([1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000])
    expect([...summariseBehaviour(log, 7).support]).toEqual([2, 2, 2, 2])
  })

  test('leaves the log alone without pairs, and never writes to it', () => {
    const none = { ...pairs, first: new Int32Array(0), second: new Int32Array(0), count: new Int32Array(0) }
    expect(addPairs(base, none, { at: 3000, maxUsers: 100 })).toBe(base)
    addPairs(base, pairs, { at: 3000, maxUsers: 100 })
    expect([...base.interactions.item]).toEqual([0, 1])
  })

  test('thins evenly beyond the limit', () => {
    const many = { ...pairs, count: Int32Array.of(3000, 1000) }
    const { interactions } = addPairs(base, many, { at: 3000, maxUsers: 40 })
    expect(interactions.userCount).toBe(1 + 30 + 10)
  })

  test('gives a catalogue without a log one without order', () => {
    const bare = { ...base, users: [], interactions: { ...base.interactions, ...emptyLog() } }
    expect(addPairs(bare, pairs, { at: 3000, maxUsers: 9 }).interactions).toMatchObject({ userCount: 3, order: 'none' })
  })
})

function emptyLog() {
  return {
    userCount: 0,
    userOffsets: Int32Array.of(0),
    item: new Int32Array(0),
    weight: new Float32Array(0),
    at: new Float64Array(0),
    order: 'none' as const,
  }
}
