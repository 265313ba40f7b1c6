import { expect, test } from 'vitest'
import { auc, clickMetrics, logLoss, reliability } from './click-metrics.ts'

test('auc is the share of pairs in the right order, ties half', () => {
  expect(auc([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0])).toBe(3 / 4)
  expect(auc([0.5, 0.5, 0.2], [1, 0, 0])).toBe(3 / 4)
  expect(auc([1, 2], [1, 1])).toBeNaN()
})

test('logLoss is the mean of -ln of what the label was given, and finite at 0 and 1', () => {
  expect(logLoss([0.8, 0.4], [1, 0])).toBeCloseTo((-Math.log(0.8) - Math.log(0.6)) / 2, 12)
  expect(logLoss([1], [0])).toBeCloseTo(-Math.log(1e-7), 6)
})

test('clickMetrics puts its values inside intervals that repeat for a seed', () => {
  const labels = Uint8Array.from({ length: 400 }, (_, k) => (k % 3 === 0 ? 1 : 0))
  const scores = Float64Array.from(labels, (label, k) => 0.3 + 0.2 * label + 0.3 * Math.abs(Math.sin(k)))
  const found = clickMetrics(scores, labels, { seed: 7 })
  expect(found.auc.low).toBeLessThan(found.auc.value)
  expect(found.auc.high).toBeGreaterThan(found.auc.value)
  expect(found.auc.high - found.auc.low).toBeLessThan(0.12)
  expect(clickMetrics(scores, labels, { seed: 7 })).toEqual(found)
})

test('reliability groups rows by rising probability with what was foretold and what came', () => {
  const scores = Array.from({ length: 20 }, (_, k) => k / 20)
  const labels = scores.map((score) => (score >= 0.5 ? 1 : 0))
  const bins = reliability(scores, labels)
  expect(bins).toHaveLength(10)
  expect(bins[0]).toEqual({ rows: 2, foretold: 0.025, observed: 0 })
  expect(bins[9]).toEqual({ rows: 2, foretold: (0.9 + 0.95) / 2, observed: 1 })
  expect(reliability([0.3], [1])).toEqual([{ rows: 1, foretold: 0.3, observed: 1 }])
})
