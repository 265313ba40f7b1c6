import { expect, test } from 'vitest'
import { SIGNAL, type Signals } from '../dataset.ts'
import { itemRates } from './item-rates.ts'

/** Rows of {item, kind, how often, by how many people, opinion}. */
function signalsOf(rows: readonly (readonly [number, number, number, number, number?])[]): Signals {
  const all = rows.flatMap(([item, kind, times, people, opinion = 0]) =>
    Array.from({ length: times }, (_, k) => ({ user: k % people, item, kind, opinion })),
  )
  return {
    user: Int32Array.from(all, ({ user }) => user),
    item: Int32Array.from(all, ({ item }) => item),
    at: new Float64Array(all.length).fill(Number.NaN),
    kind: Uint8Array.from(all, ({ kind }) => kind),
    opinion: Float32Array.from(all, ({ opinion }) => opinion),
    value: new Float32Array(all.length).fill(Number.NaN),
  }
}

const { shown, clicked, bought, opinion } = SIGNAL

test('click rates are smoothed towards that of the log, and priors carry them with as many showings, at most 200', () => {
  const signals = signalsOf([
    [0, shown, 80, 10],
    [0, clicked, 30, 10],
    [1, shown, 300, 10],
    [1, clicked, 60, 10],
    [2, shown, 20, 10],
  ])
  const { clickRate, priorMean, priorStrength } = itemRates(signals, 4, 5)
  const rate = 90 / 400
  expect(Array.from(priorMean)).toEqual([
    Math.round((255 * (30 + 20 * rate)) / 100),
    Math.round((255 * (60 + 20 * rate)) / 320),
    Math.round((255 * 20 * rate) / 40),
    0,
  ])
  expect(Array.from(priorStrength)).toEqual([80, 200, 20, 0])
  expect(clickRate[0]).toBe(255)
  expect(clickRate[1]).toBeGreaterThan(clickRate[2])
  expect(clickRate[3]).toBe(0)
})

test('nothing is said of items that too few people were shown', () => {
  const signals = signalsOf([
    [0, shown, 50, 4],
    [0, clicked, 40, 4],
    [1, shown, 50, 5],
    [1, clicked, 1, 1],
  ])
  const { clickRate, priorMean, priorStrength } = itemRates(signals, 2, 5)
  expect([clickRate[0], priorMean[0], priorStrength[0]]).toEqual([0, 0, 0])
  expect(Math.min(clickRate[1], priorMean[1], priorStrength[1])).toBeGreaterThan(0)
})

test('conversion and quality have their own trials; a log without signals says nothing', () => {
  const signals = signalsOf([
    [0, clicked, 40, 8],
    [0, bought, 4, 4],
    [1, clicked, 40, 8],
    [1, bought, 20, 8],
    [0, opinion, 30, 8, 0.9],
    [1, opinion, 30, 8, 0.2],
  ])
  const { clickRate, conversionRate, quality, priorStrength } = itemRates(signals, 2, 5)
  expect(conversionRate[1]).toBeGreaterThan(conversionRate[0])
  expect(quality[0]).toBeGreaterThan(quality[1])
  expect(Math.min(...conversionRate, ...quality)).toBeGreaterThan(0)
  expect([...clickRate, ...priorStrength]).toEqual([0, 0, 0, 0])
  expect(Object.values(itemRates(undefined, 2, 1)).flatMap((column) => Array.from(column))).toEqual(
    new Array(10).fill(0),
  )
})
