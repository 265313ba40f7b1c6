import { describe, expect, test } from 'vitest'
import { bootstrapInterval } from './bootstrap.ts'
import {
  averagePrecisionAt,
  diversityAt,
  giniOf,
  hitRateAt,
  ndcgAt,
  noveltyAt,
  recallAt,
  reciprocalRank,
} from './metrics.ts'
import { MetricsCollector } from './metrics-table.ts'

const list = [7, 3, 9, 1, 5]
const truth = new Set([3, 5, 8])
const none = new Set<number>()

describe('metrics of one list, hits at ranks 2 and 5 of three test items', () => {
  test('recall divides by all test items', () => {
    expect(recallAt(list, truth, 2)).toBe(1 / 3)
    expect(recallAt(list, truth, 5)).toBe(2 / 3)
    expect(recallAt(list, new Set([7, 3, 9]), 2)).toBe(2 / 3)
  })

  test('hit rate is one from the first hit', () => {
    expect([1, 2, 5].map((k) => hitRateAt(list, truth, k))).toEqual([0, 1, 1])
  })

  test('NDCG has its ideal over min(k, test items)', () => {
    const [one, two, three] = [1, 1 / Math.log2(3), 1 / 2]
    expect(ndcgAt(list, truth, 2)).toBeCloseTo(two / (one + two), 12)
    expect(ndcgAt(list, truth, 5)).toBeCloseTo((two + 1 / Math.log2(6)) / (one + two + three), 12)
    expect(ndcgAt([3, 5, 8], truth, 20)).toBeCloseTo(1, 12)
    expect(ndcgAt([8], truth, 1)).toBe(1)
  })

  test('average precision divides by min(k, test items)', () => {
    expect(averagePrecisionAt(list, truth, 5)).toBeCloseTo((1 / 2 + 2 / 5) / 3, 12)
    expect(averagePrecisionAt(list, truth, 2)).toBeCloseTo(1 / 2 / 2, 12)
  })

  test('reciprocal rank is of the first hit, zero without one', () => {
    expect(reciprocalRank(list, truth)).toBe(1 / 2)
    expect(reciprocalRank([1, 2], truth)).toBe(0)
  })

  test('an empty truth gives NaN', () => {
    const values = [
      recallAt(list, none, 5),
      hitRateAt(list, none, 5),
      ndcgAt(list, none, 5),
      averagePrecisionAt(list, none, 5),
    ]
    expect([...values, reciprocalRank(list, none)].every(Number.isNaN)).toBe(true)
  })

  test('an empty list scores zero', () => {
    expect([
      recallAt([], truth, 5),
      ndcgAt([], truth, 5),
      averagePrecisionAt([], truth, 5),
      reciprocalRank([], truth),
    ]).toEqual([0, 0, 0, 0])
  })

  test('novelty is the mean bits of popularity shares, an unseen item counting as one pair', () => {
    expect(noveltyAt([0, 1, 2], [8, 4, 0], 16, 3)).toBe((1 + 2 + 4) / 3)
    expect(noveltyAt([], [8], 8, 3)).toBeNaN()
  })

  test('diversity is the mean distance of pairs', () => {
    const similarity = (a: number, b: number) => (a % 2 === b % 2 ? 1 : 0)
    expect(diversityAt([1, 2, 3], similarity, 3)).toBe(2 / 3)
    expect(diversityAt([1], similarity, 3)).toBeNaN()
  })

  test('Gini is zero for equal exposure and (n - 1)/n for one item alone', () => {
    expect(giniOf([5, 5, 5, 5])).toBe(0)
    expect(giniOf([0, 0, 0, 8])).toBe(3 / 4)
    expect(giniOf([1, 3])).toBe(1 / 4)
    expect(giniOf([0, 0])).toBeNaN()
  })
})

describe('MetricsCollector', () => {
  test('averages over users with test items and counts the others', () => {
    const collector = new MetricsCollector({
      cutoffs: [1, 2],
      itemCount: 4,
      popularity: [4, 2, 1, 1],
      similarity: () => 0.25,
    })
    collector.add([0, 1], new Set([0]))
    collector.add([2, 1], new Set([1, 3]))
    collector.add([3, 1], new Set())
    const table = collector.table()
    expect([table.users, table.skippedUsers, table.mrr]).toEqual([2, 1, 3 / 4])
    expect(table.at.get(1)).toMatchObject({
      recall: 1 / 2,
      hitRate: 1 / 2,
      ndcg: 1 / 2,
      map: 1 / 2,
      coverage: 2 / 4,
      novelty: (1 + 3) / 2,
    })
    expect(table.at.get(2)).toMatchObject({ recall: 3 / 4, hitRate: 1, coverage: 3 / 4, diversity: 0.75 })
    expect(table.at.get(2)?.gini).toBeCloseTo((-3 * 0 + -1 * 1 + 1 * 1 + 3 * 2) / (4 * 4), 12)
    expect(collector.perUser.map((user) => user.recall)).toEqual([
      [1, 1],
      [0, 1 / 2],
    ])
  })

  test('says NaN when nobody could be counted', () => {
    const collector = new MetricsCollector({ cutoffs: [5], itemCount: 2, popularity: [1, 1] })
    collector.add([0], new Set())
    expect(collector.table().mrr).toBeNaN()
    expect(collector.table().at.get(5)?.recall).toBeNaN()
  })
})

describe('bootstrapInterval', () => {
  const values = Float64Array.from({ length: 400 }, (_, k) => (k % 4 === 0 ? 1 : 0))

  test('surrounds the mean with about two standard errors and repeats for a seed', () => {
    const interval = bootstrapInterval(values, { seed: 5 })
    const error = Math.sqrt((0.25 * 0.75) / 400)
    expect(interval.mean).toBe(0.25)
    expect((interval.high - interval.low) / (2 * 1.96 * error)).toBeGreaterThan(0.85)
    expect((interval.high - interval.low) / (2 * 1.96 * error)).toBeLessThan(1.15)
    expect(bootstrapInterval(values, { seed: 5 })).toEqual(interval)
  })

  test('leaves NaN out and is NaN for nothing', () => {
    expect(bootstrapInterval([2, Number.NaN, 2], { seed: 1 })).toEqual({ mean: 2, low: 2, high: 2 })
    expect(bootstrapInterval([], { seed: 1 }).mean).toBeNaN()
  })
})
