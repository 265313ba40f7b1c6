import { expect, test } from 'vitest'
import type { RuleDefaults } from '#contract/manifest'
import { seededRandom } from '../synthetic-model.ts'
import { applyRules, takeBest } from './apply-rules.ts'
import { boost, decaySeen, favourFresh } from './factors.ts'
import { createPool, type Pool, type PoolColumns } from './pool.ts'
import { capCategories, diversify } from './variety.ts'

/** Day 9,800 after 2000-01-01. */
const NOW = 946_684_800_000 + 9_800 * 86_400_000

const NO_RULES: RuleDefaults = {
  maxPerCategory: 0,
  freshness: 0,
  diversity: 0,
  exploration: 0,
  seenDecay: 1,
  pins: [],
  boosts: [],
}

/** Candidates 0…n-1 with itemNos 100, 101, …; vectors are unit axes by category unless given. */
function pool(
  scores: readonly number[],
  parts: Partial<Record<'category' | 'createdDay' | 'vectors', number[]>> = {},
): Pool {
  const count = scores.length
  const inputs: PoolColumns = {
    category: Uint16Array.from(parts.category ?? new Array<number>(count).fill(65_535)),
    createdDay: Uint16Array.from(parts.createdDay ?? new Array<number>(count).fill(65_535)),
    vectors: Float32Array.from(parts.vectors ?? new Array<number>(count * 2).fill(1)),
    dim: 2,
  }
  const itemNos = Uint32Array.from({ length: count }, (_, i) => 100 + i)
  return createPool(Float32Array.from(scores), itemNos, inputs)
}

const context = {
  count: 3,
  nowMs: NOW,
  shown: new Map<number, number>(),
  mayPin: () => true,
  priorOf: () => ({ mean: 0, strength: 0 }),
  rng: seededRandom(1),
}
const order = (of: Pool) => [...of.order]

test('createPool puts scores on 0…1, negative ones too, and breaks ties by itemNo', () => {
  const made = pool([-3, -1, -2, -1])
  expect([...made.strength]).toEqual([0, 1, 0.5, 1])
  expect(order(made)).toEqual([1, 3, 2, 0])
  expect([...pool([-7, -7]).strength]).toEqual([1, 1])
})

test('decaySeen weakens an item by every showing without a click', () => {
  const seen = decaySeen(pool([4, 3, 2, 0]), 0.5, new Map([[100, 2]]))
  expect(seen.strength[0]).toBe(0.25)
  expect(order(seen)).toEqual([1, 2, 0, 3])
})

test('boost multiplies by boosts that are valid now, by item and by category', () => {
  const boosts = [
    { category: 7, factor: 1.5 },
    { item: 102, factor: 4, until: '2026-10-31T00:00:00Z' },
    { item: 103, factor: 9, until: '2020-01-01T00:00:00Z' },
    { item: 103, factor: 9, from: 'someday' },
  ]
  const boosted = boost(
    pool([4, 3, 2, 1, 0], { category: [1, 7, 1, 1, 1] }),
    boosts,
    Date.parse('2026-10-30T00:00:00Z'),
  )
  expect([...boosted.strength]).toEqual([1, 1.125, 2, 0.25, 0])
  expect(order(boosted)).toEqual([2, 1, 0, 3, 4])
})

test('favourFresh multiplies by 1 + share · exp(-ageDays / 30)', () => {
  const fresh = favourFresh(pool([1, 0.95, 0], { createdDay: [9_770, 9_800, 65_535] }), 0.1, NOW)
  expect(fresh.strength[0]).toBeCloseTo(1 + 0.1 * Math.exp(-1), 9)
  expect(fresh.strength[1] / Math.fround(0.95)).toBeCloseTo(1.1, 9)
  expect(order(fresh)).toEqual([1, 0, 2])
})

test('capCategories moves what is too much of a category behind the rest, and nothing without a category', () => {
  const made = pool([6, 5, 4, 3, 2, 1], { category: [1, 1, 1, 2, 65_535, 65_535] })
  expect(order(capCategories(made, 2, 10))).toEqual([0, 1, 3, 4, 5, 2])
  expect(order(capCategories(made, 2, 5))).toEqual([0, 3, 4, 5, 1, 2])
  expect(order(capCategories(made, 0, 5))).toEqual([0, 1, 2, 3, 4, 5])
})

test('diversify takes the candidate with the best trade between strength and likeness', () => {
  const made = pool([1, 0.9, 0.8, 0], { vectors: [1, 0, 1, 0, 0, 1, 0, 1] })
  expect(order(diversify(made, 0, 3))).toEqual([0, 1, 2, 3])
  expect(order(diversify(made, 0.5, 3))).toEqual([0, 2, 1, 3])
})

test('applyRules keeps pins at their places while they are valid, found or not, once each', () => {
  const pins = [
    { item: 102, position: 0 },
    { item: 900, position: 2 },
    { item: 101, position: 0 },
    { item: 102, position: 1 },
    { item: 901, position: 1, until: '2026-01-01T00:00:00Z' },
  ]
  const list = applyRules(pool([3, 2, 1, 0]), { ...NO_RULES, pins }, { ...context, count: 4 })
  expect(list.map(({ itemNo }) => itemNo)).toEqual([102, 100, 900, 101])
  expect(list[2].candidate).toBe(-1)
})

test('applyRules drops pins that may not be shown and closes up behind a short list', () => {
  const pins = [
    { item: 900, position: 1 },
    { item: 901, position: 9 },
  ]
  const mayPin = (itemNo: number) => itemNo === 901
  const list = applyRules(pool([3, 2]), { ...NO_RULES, pins }, { ...context, count: 10, mayPin })
  expect(list.map(({ itemNo }) => itemNo)).toEqual([100, 101, 901])
})

test('applyRules with every rule off is takeBest', () => {
  const made = pool([1, 5, -2, 5])
  expect(applyRules(made, NO_RULES, context)).toEqual(takeBest(made, 3))
})
