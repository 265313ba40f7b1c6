import { describe, expect, test } from 'vitest'
import { selectIals } from './select-ials.ts'
import { selectVoters } from './select-voters.ts'
import { clusteredLists, logFromLists } from './synthetic-log.ts'
import { foldsWanted, holdOutUsers, leastRows, ndcgOfScores } from './validation-users.ts'

const log = logFromLists(clusteredLists({ users: 600, items: 200, clusters: 10, perUser: 10, seed: 8 }), 200)
const options = { seed: 3, order: 'ignore' } as const

describe('holdOutUsers', () => {
  test('keeps held-out users out of training and splits each history in five', () => {
    const split = holdOutUsers(log, { ...options, maxUsers: 100 })
    expect(split.histories.length).toBe(100)
    expect(split.trainUsers.length).toBe(500)
    split.histories.forEach((history, k) => {
      expect(history.length + split.truths[k].length).toBe(10)
      expect(split.truths[k].length).toBe(2)
    })
  })

  test('asks for the latest items where order counts', () => {
    const ordered = logFromLists(
      Array.from({ length: 10 }, () => [4, 8, 1, 9, 2, 7]),
      10,
    )
    const { histories, truths } = holdOutUsers(ordered, { seed: 1, order: 'use' })
    expect([...histories[0]]).toEqual([4, 8, 1, 9, 2])
    expect([...truths[0]]).toEqual([7])
  })

  test('folds hold out different users, and small logs want five of them', () => {
    const folds = [0, 1, 2, 3, 4].map((fold) => holdOutUsers(log, { ...options, fold }))
    const held = folds.map(({ trainUsers }) => {
      const trained = new Set(trainUsers)
      return Array.from({ length: log.userCount }, (_, user) => user).filter((user) => !trained.has(user))
    })
    expect(new Set(held.flat()).size).toBe(held.flat().length)
    expect(held.flat().length).toBe(log.userCount)
    expect(foldsWanted(log)).toBe(5)
  })

  test('trains on no more rows than allowed', () => {
    const split = holdOutUsers(log, { ...options, maxTrainRows: 95 })
    expect(split.trainUsers.length).toBe(9)
  })
})

describe('leastRows', () => {
  test.each([
    ['most have five', [5, 9, 1, 2, 7], 5],
    ['as many have four as have fewer', [4, 9, 2, 3], 4],
    ['most have two', [2, 2, 2, 8, 3], 2],
    ['nobody has two', [1, 1], 5],
  ])('%s', (_what, rows, least) => {
    const lists = rows.map((count) => Array.from({ length: count }, (_, item) => item))
    expect(leastRows(logFromLists(lists, 10))).toBe(least)
  })

  test('people with few rows are held out where most have few', () => {
    const short = logFromLists(clusteredLists({ users: 100, items: 50, clusters: 5, perUser: 3, seed: 8 }), 50)
    const split = holdOutUsers(short, { ...options, maxUsers: 20 })
    expect(split.histories.map(({ length }) => length)).toEqual(new Array(20).fill(2))
    expect(split.truths.map(({ length }) => length)).toEqual(new Array(20).fill(1))
  })
})

describe('ndcgOfScores', () => {
  test('matches a value computed by hand with the history masked and ties to the lower item', () => {
    const scores = Float32Array.from([9, 5, 5, 1])
    const expected = 1 / Math.log2(3) / (1 + 1 / Math.log2(3))
    expect(ndcgOfScores(scores, Int32Array.from([0]), Int32Array.from([2, 3]), 2)).toBeCloseTo(expected, 12)
  })

  test('is 0 for scores that are not numbers', () => {
    const scores = new Float32Array(4).fill(Number.NaN)
    expect(ndcgOfScores(scores, Int32Array.from([0]), Int32Array.from([2, 3]), 2)).toBe(0)
  })
})

describe('selectIals', () => {
  test('returns the best of its trials, each once, and the same for the same seed', async () => {
    const [first, second] = [
      await selectIals(log, { dim: 8, nu: 1 }, options),
      await selectIals(log, { dim: 8, nu: 1 }, options),
    ]
    expect(second).toEqual(first)
    expect(first.ndcg).toBe(Math.max(...first.trials.map((trial) => trial.ndcg)))
    expect(new Set(first.trials.map((trial) => JSON.stringify(trial.setting))).size).toBe(first.trials.length)
    expect(first.trials.length).toBeGreaterThan(3)
    expect(first.ndcg).toBeGreaterThan(0.15)
  })
})

describe('selectVoters', () => {
  test('finds a lambda no worse than its neighbours on the grid', async () => {
    const { best, ndcg, trials } = await selectVoters(log, { ...options, method: 'auto', minSupport: 1 })
    expect([1, 3, 10, 30, 100, 300, 1000]).toContain(best.lambda)
    for (const trial of trials) expect(trial.ndcg).toBeLessThanOrEqual(ndcg)
    expect(ndcg).toBeGreaterThan(0.15)
  })
})
