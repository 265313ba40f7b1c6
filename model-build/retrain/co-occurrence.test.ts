import { describe, expect, test } from 'vitest'
import { createRandom } from '../train/random.ts'
import { countNoisedPairs, PAIR_PRIVACY, type PairPrivacy } from './co-occurrence.ts'
import { discreteLaplace } from './discrete-laplace.ts'
import type { VisitorDay } from './visitor-days.ts'

const KEY = new Uint8Array(32).fill(7)
/** Noise so small that it is none. */
const EXACT: PairPrivacy = { ...PAIR_PRIVACY, epsilon: 1e6, key: KEY }

const daysOf = (count: number, items: readonly number[]): VisitorDay[] =>
  Array.from({ length: count }, (_, n) => ({ pseudonym: `${items.join()}-${n}`, items }))

describe('countNoisedPairs', () => {
  test('counts days with both items, whichever came first', () => {
    const pairs = countNoisedPairs([...daysOf(20, [4, 2]), ...daysOf(15, [2, 4, 9])], 10, EXACT)
    expect([...pairs.first]).toEqual([2])
    expect([...pairs.second]).toEqual([4])
    expect([...pairs.count]).toEqual([35])
    expect(pairs.pairsSeen).toBe(3)
  })

  test('publishes a pair from 20 pseudonyms on and none of 19', () => {
    const pairs = countNoisedPairs([...daysOf(19, [0, 1]), ...daysOf(20, [2, 3])], 10, EXACT)
    expect([...pairs.first]).toEqual([2])
    const privacy = { ...PAIR_PRIVACY, key: KEY }
    for (let n = 2; n < 20; n++) expect(countNoisedPairs(daysOf(n, [0, 1]), 10, privacy).count).toHaveLength(0)
  })

  test('lets one day add to 20 pairs at most, neighbours first', () => {
    const items = Array.from({ length: 30 }, (_, k) => k)
    const pairs = countNoisedPairs(daysOf(20, items), 30, EXACT)
    expect(pairs.count).toHaveLength(20)
    expect([...pairs.second].map((second, k) => second - pairs.first[k])).toEqual(Array(20).fill(1))
    const six = countNoisedPairs(daysOf(20, [0, 1, 2, 3, 4, 5]), 30, EXACT)
    expect(six.count).toHaveLength(15)
  })

  test('gives the same noise for the same people in any order, and another for others or another key', () => {
    const privacy = { ...PAIR_PRIVACY, key: KEY }
    const days = Array.from({ length: 40 }, (_, k) => daysOf(60, [k, k + 1])).flat()
    const first = countNoisedPairs(days, 50, privacy)
    expect(countNoisedPairs([...days].reverse(), 50, privacy)).toEqual(first)
    const more = countNoisedPairs([...days, ...daysOf(61, [0, 1]).slice(60)], 50, privacy)
    expect(more.count[0]).not.toBe(first.count[0] + 1)
    expect([...more.count.subarray(1)]).toEqual([...first.count.subarray(1)])
    const other = countNoisedPairs(days, 50, { ...privacy, key: new Uint8Array(32).fill(8) })
    expect([...other.count]).not.toEqual([...first.count])
  })

  test('keeps counts unbiased: the mean over 400 pairs of 200 people is 200 within four standard errors', () => {
    const days = Array.from({ length: 400 }, (_, k) => daysOf(200, [2 * k, 2 * k + 1])).flat()
    const { count } = countNoisedPairs(days, 800, { ...PAIR_PRIVACY, key: KEY })
    const mean = count.reduce((sum, value) => sum + value, 0) / count.length
    expect(count).toHaveLength(400)
    expect(Math.abs(mean - 200)).toBeLessThan((4 * Math.sqrt(2) * 20) / Math.sqrt(400))
  })

  test('agrees with counting by hand on random days', () => {
    const random = createRandom(5)
    const days = Array.from({ length: 2000 }, (_, n) => ({
      pseudonym: `p${n}`,
      items: [...new Set(Array.from({ length: 5 }, () => Math.floor(random() * 12)))],
    }))
    const wanted = new Map<string, number>()
    for (const { items } of days)
      for (const a of items)
        for (const b of items) if (a < b) wanted.set(`${a},${b}`, (wanted.get(`${a},${b}`) ?? 0) + 1)
    const pairs = countNoisedPairs(days, 12, EXACT)
    const got = [...pairs.count].map((count, k) => [`${pairs.first[k]},${pairs.second[k]}`, count])
    expect(new Map(got as [string, number][])).toEqual(new Map([...wanted].filter(([, count]) => count >= 20)))
  })
})

describe('discreteLaplace', () => {
  const scale = 20
  const draws = Array.from({ length: 40_000 }, (_, n) => discreteLaplace(KEY, `draw ${n}`, scale))

  test('has mean 0 and the variance of its law within four standard errors', () => {
    const q = Math.exp(-1 / scale)
    const variance = (2 * q) / (1 - q) ** 2
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length
    const second = draws.reduce((sum, value) => sum + value * value, 0) / draws.length
    expect(Math.abs(mean)).toBeLessThan((4 * Math.sqrt(variance)) / Math.sqrt(draws.length))
    // The fourth moment of a Laplace law is 6 times the squared variance: the squares have variance 5 sigma^4.
    expect(Math.abs(second / variance - 1)).toBeLessThan((4 * Math.sqrt(5)) / Math.sqrt(draws.length))
  })

  test('moves a count by one with a chance that changes by at most e^(1/scale)', () => {
    const share = (from: number, to: number) => draws.filter((value) => value >= from && value < to).length
    for (const from of [-60, -20, 0, 20]) {
      const ratio = share(from, from + 20) / share(from + 20, from + 40)
      expect(Math.abs(Math.log(ratio))).toBeLessThan(20 / scale + 0.2)
    }
    expect(share(20, 40) / share(0, 20)).toBeCloseTo(Math.exp(-1), 1)
  })
})
