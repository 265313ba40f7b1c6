import { describe, expect, test } from 'vitest'
import type { Interactions } from '../dataset.ts'
import { type Split, splitByTime, splitHeldOutUsers, splitLastFraction, splitLeaveLastOut } from './splits.ts'

/** One row per user: items, oldest first; the k-th item of user u happened at 10 k + u. */
function logOf(rows: readonly (readonly number[])[]): Interactions {
  const offsets = [0]
  for (const row of rows) offsets.push((offsets.at(-1) ?? 0) + row.length)
  const item = Int32Array.from(rows.flat())
  return {
    userCount: rows.length,
    itemCount: 50,
    userOffsets: Int32Array.from(offsets),
    item,
    weight: Float32Array.from(item, (_, k) => k + 1),
    at: Float64Array.from(rows.flatMap((row, user) => row.map((_, k) => 10 * k + user))),
    order: 'time',
  }
}

function tested(split: Split): Record<number, number[]> {
  return Object.fromEntries(
    Array.from(split.testUsers, (user, t) => [
      user,
      [...split.testItems.subarray(split.testOffsets[t], split.testOffsets[t + 1])],
    ]),
  )
}

function trained(split: Split): number[][] {
  return Array.from({ length: split.train.userCount }, (_, user) => [
    ...split.train.item.subarray(split.train.userOffsets[user], split.train.userOffsets[user + 1]),
  ])
}

function histories(split: Split): number[][] {
  return Array.from(split.testUsers, (_, t) => [
    ...split.historyItems.subarray(split.historyOffsets[t], split.historyOffsets[t + 1]),
  ])
}

const log = logOf([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [11, 12, 13], [14], []])

describe('splitLeaveLastOut', () => {
  test('takes the newest item of users with enough', () => {
    const split = splitLeaveLastOut(log, { minUserItems: 3, seed: 1 })
    expect(tested(split)).toEqual({ 0: [10], 1: [13] })
    expect(trained(split)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], [11, 12], [14], []])
    expect(split.train.weight.at(9)).toBe(11)
  })

  test('never takes the only item', () => {
    expect(tested(splitLeaveLastOut(log, { minUserItems: 1, seed: 1 }))).toEqual({ 0: [10], 1: [13] })
  })
})

describe('splitLastFraction', () => {
  test('takes the newest share, at least one', () => {
    const split = splitLastFraction(log, { testShare: 0.2, minUserItems: 2, seed: 1 })
    expect(tested(split)).toEqual({ 0: [9, 10], 1: [13] })
    expect(histories(split)).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [11, 12],
    ])
  })

  test('leaves a history even for a share of one', () => {
    expect(trained(splitLastFraction(log, { testShare: 1, minUserItems: 2, seed: 1 }))[1]).toEqual([11])
  })

  test('draws from all of a log without order, whose rows are sorted by item', () => {
    const items = Array.from({ length: 50 }, (_, item) => item)
    const unordered: Interactions = { ...logOf(Array.from({ length: 40 }, () => items)), order: 'none' }
    const split = splitLastFraction(unordered, { testShare: 0.2, minUserItems: 2, seed: 1 })
    const counts = items.map((item) => split.testItems.filter((tested) => tested === item).length)
    expect(counts.reduce((sum, count) => sum + count)).toBe(40 * 10)
    expect(Math.min(...counts)).toBeGreaterThan(0) // each is expected 8 times
    const one = splitLeaveLastOut(unordered, { minUserItems: 2, seed: 1 })
    expect(new Set(one.testItems).size).toBeGreaterThan(10)
  })
})

describe('splitByTime', () => {
  test('cuts everybody at one instant and trains on nothing after it', () => {
    const split = splitByTime(log, { testShare: 0.5 })
    expect(tested(split)).toEqual({ 0: [4, 5, 6, 7, 8, 9, 10] })
    expect(Math.max(...split.train.at)).toBeLessThan(30)
    expect(split.train.item.length + split.testItems.length).toBe(log.item.length)
  })

  test('drops the rows of users with nothing before the cut', () => {
    const late = logOf([[1, 2, 3, 4], []])
    const at = Float64Array.from([0, 1, 2, 3, 9])
    const split = splitByTime(
      {
        ...late,
        item: Int32Array.from([1, 2, 3, 4, 20]),
        userOffsets: Int32Array.from([0, 4, 5]),
        at,
        weight: new Float32Array(5),
      },
      { testShare: 0.4 },
    )
    expect(tested(split)).toEqual({ 0: [4] })
    expect(trained(split)).toEqual([[1, 2, 3], []])
  })
})

describe('splitHeldOutUsers', () => {
  const many = logOf(Array.from({ length: 20 }, (_, user) => Array.from({ length: 10 }, (_, k) => (user + 3 * k) % 50)))
  const options = { users: 4, testShare: 0.2, minUserItems: 5, seed: 3 }

  test('keeps held-out users out of training and splits their items', () => {
    const split = splitHeldOutUsers(many, options)
    expect(split.testUsers.length).toBe(4)
    for (const [t, user] of split.testUsers.entries()) {
      expect(trained(split)[user]).toEqual([])
      expect(tested(split)[user]).toHaveLength(2)
      expect(histories(split)[t]).toHaveLength(8)
    }
    expect(split.train.item.length).toBe(160)
  })

  test('repeats for a seed, differs between seeds, and folds do not overlap', () => {
    expect(splitHeldOutUsers(many, options)).toEqual(splitHeldOutUsers(many, options))
    expect(splitHeldOutUsers(many, { ...options, seed: 4 }).testItems).not.toEqual(
      splitHeldOutUsers(many, options).testItems,
    )
    const folds = [0, 1, 2, 3, 4].flatMap((fold) => [...splitHeldOutUsers(many, { ...options, fold }).testUsers])
    expect(new Set(folds).size).toBe(20)
  })

  test('holds out at most a fifth of the users', () => {
    expect(splitHeldOutUsers(many, { ...options, users: 1000 }).testUsers.length).toBe(4)
  })
})
