import { describe, expect, test } from 'vitest'
import { type Blocks, divideRows, isHistory } from './blocks.ts'
import { pairGroups } from './groups.ts'
import { createTimelines, nearLabels } from './near-labels.ts'
import type { Impressions } from './read-impressions.ts'
import { historyOf, planStatistics, rowsOf, statisticFeatures } from './statistic-features.ts'
import { chooseStrength, sigmoid, smoothedRates } from './target-statistics.ts'

/** Train rows of five users and four items by a formula, and four test rows, at given times. */
function impressions(times: (row: number) => number, testTimes: (row: number) => number): Impressions {
  const [trainCount, rowCount] = [200, 204]
  return {
    rowCount,
    trainCount,
    user: Int32Array.from({ length: rowCount }, (_, r) => r % 5),
    item: Int32Array.from({ length: rowCount }, (_, r) => (r * 7) % 4),
    userIds: ['a', 'b', 'c', 'd', 'e'],
    itemIds: ['p', 'q', 'r', 's'],
    label: Uint8Array.from({ length: rowCount }, (_, r) => ((r * r) % 3 === 0 ? 1 : 0)),
    times: {
      key: Float64Array.from({ length: rowCount }, (_, r) => (r < trainCount ? times(r) : testTimes(r))),
      isReal: false,
    },
    columns: [],
    malformed: 0,
    dropped: 0,
  }
}

describe('divideRows', () => {
  test('tells later rows, each user’s later rows and random rows apart', () => {
    expect(
      divideRows(
        impressions(
          (r) => r,
          (r) => r,
        ),
        1,
      ).relation,
    ).toBe('time')
    expect(
      divideRows(
        impressions(
          (r) => (r % 5) * 1000 + r,
          (r) => (r % 5) * 1000 + r,
        ),
        1,
      ).relation,
    ).toBe('user-time')
    expect(
      divideRows(
        impressions(
          (r) => r,
          (r) => r - 100,
        ),
        1,
      ).relation,
    ).toBe('row')
    expect(
      divideRows(
        impressions(
          () => Number.NaN,
          () => Number.NaN,
        ),
        1,
      ).relation,
    ).toBe('row')
    const rows = impressions(
      () => Number.NaN,
      () => Number.NaN,
    )
    const strangers = { ...rows, user: rows.user.map((user, r) => (r < 200 ? user % 4 : 4)) }
    expect(divideRows(strangers, 1).relation).toBe('user')
  })
})

describe('statisticFeatures', () => {
  test.each(['ordered', 'random'])(
    'of a row never depend on its own label, nor where there is order on later ones (%s)',
    (kind) => {
      const isOrdered = kind === 'ordered'
      const rows = impressions(
        (r) => r,
        (r) => (isOrdered ? r : r - 100),
      )
      const blocks: Blocks = divideRows(rows, 1)
      expect(blocks.isOrdered).toBe(isOrdered)
      const plan = planStatistics(rows, blocks)
      const before = statisticFeatures(rows, blocks, plan)
      const changed = 150
      const label = rows.label.slice()
      label[changed] = 1 - label[changed]
      const after = statisticFeatures({ ...rows, label }, blocks, plan)
      const isUnchanged = (row: number) => before.every(({ values }, f) => Object.is(values[row], after[f].values[row]))
      for (const block of blocks.learnt) {
        for (const row of rowsOf(rows, blocks, block))
          if (!isHistory(blocks, changed, block)) expect(isUnchanged(row)).toBe(true)
      }
      expect(isUnchanged(changed)).toBe(true)
      expect(isUnchanged(203) && isUnchanged(202) && isUnchanged(201) && isUnchanged(200)).toBe(false)
      expect(historyOf(rows, blocks, blocks.of[changed]).rows.includes(changed)).toBe(false)
    },
  )
})

describe('smoothedRates', () => {
  const groups = { name: 'g', owner: 'row', size: 2, offsets: null, ids: Int32Array.from([0, 0, 0, 1, -1]) } as const
  const history = { rows: Int32Array.from([0, 1, 2, 3, 4]), label: Uint8Array.from([1, 1, 0, 0, 1]), base: 0.5 }

  test('are (clicks + a · prior) / (n + a)', () => {
    const { logOdds, n } = smoothedRates(groups, history, () => 0.2, 10)
    expect(Array.from(logOdds, sigmoid).map((p) => Number(p.toFixed(9)))).toEqual([
      Number((4 / 13).toFixed(9)),
      Number((2 / 11).toFixed(9)),
    ])
    expect([...n]).toEqual([3, 1])
  })

  test('are smoothed little where groups differ and much where they do not', () => {
    const count = 4000
    const ids = Int32Array.from({ length: count }, (_, r) => r % 40)
    const rows = Int32Array.from({ length: count }, (_, r) => r)
    const many = { ...groups, size: 40, ids }
    const apart = { rows, label: Uint8Array.from(ids, (id) => id % 2), base: 0.5 }
    const alike = { rows, label: Uint8Array.from(rows, (r) => ((r * 7919) % 101 < 50 ? 1 : 0)), base: 0.5 }
    const own = chooseStrength(many, apart, () => 0.5)
    expect(own.strength).toBe(1)
    expect(own.gain).toBeGreaterThan(0.5)
    expect(chooseStrength(many, alike, () => 0.5).strength).toBeGreaterThanOrEqual(100)
  })
})

test('pairGroups numbers the combinations of two sets, row by row', () => {
  const a = { name: 'a', owner: 'row', size: 2, offsets: null, ids: Int32Array.from([1, 0, 1]) } as const
  const b = {
    name: 'b',
    owner: 'row',
    size: 3,
    offsets: Int32Array.from([0, 2, 2, 3]),
    ids: Int32Array.from([0, 2, 2]),
  } as const
  const pairs = pairGroups(a, b, 3)
  expect([...pairs.ids]).toEqual([0, 1, 1])
  expect([[...pairs.first], [...pairs.second]]).toEqual([
    [1, 1],
    [0, 2],
  ])
})

test('nearLabels takes the nearest history rows of the same owner on both sides', () => {
  const key = Float64Array.from([0, 10, 20, 30, 100])
  const owner = Int32Array.from([0, 0, 0, 0, 1])
  const residual = Float32Array.from([1, Number.NaN, Number.NaN, -1, 5])
  const out = new Float64Array(4)
  const lines = createTimelines(owner, 2, { key, draw: new Float64Array(5) })
  nearLabels(lines, 1, { owner: 0, key, residual }, out)
  expect([...out]).toEqual([0, 0, 0, 10])
  nearLabels(lines, 2, { owner: 0, key, residual: residual.map((x) => (x === 1 ? Number.NaN : x)) }, out)
  expect([...out]).toEqual([-1 / 3, -1 / 3, -1 / 3, 10])
})

test('nearLabels takes labels of the same instant as drawn, not in file order', () => {
  const key = Float64Array.from([7, 7, 7, 7, 7, 7])
  const owner = new Int32Array(6)
  const residual = Float32Array.from([1, 1, Number.NaN, -1, -1, -1])
  const nearest = (draw: readonly number[]) => {
    const out = new Float64Array(4)
    const lines = createTimelines(owner, 1, { key, draw: Float64Array.from(draw) })
    nearLabels(lines, 2, { owner: 0, key, residual }, out)
    return out[0]
  }
  expect(nearest([0, 1, 5, 2, 3, 4])).toBe(-3 / 5)
  expect(nearest([3, 4, 5, 0, 1, 2])).toBe(1 / 5)
})
