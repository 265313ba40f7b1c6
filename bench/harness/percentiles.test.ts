import { expect, test } from 'vitest'
import { percentile, spreadOf } from './percentiles.ts'

const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)

test('percentile › takes the nearest rank, whatever the order', () => {
  expect(percentile(hundred, 0.5)).toBe(50)
  expect(percentile(hundred, 0.99)).toBe(99)
  expect(percentile([7], 0.99)).toBe(7)
})

test('percentile › of nothing is not a number', () => {
  expect(percentile([], 0.5)).toBeNaN()
})

test('spreadOf › rounds to a microsecond', () => {
  expect(spreadOf([1.23456])).toEqual({ p50Ms: 1.235, p95Ms: 1.235, p99Ms: 1.235 })
})
