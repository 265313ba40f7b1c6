import { describe, expect, test } from 'vitest'
import { DAY_MS, DAY_ZERO_MS } from './columns.ts'
import { HOUR_COS, HOUR_SIN, WEEKDAY_COS, WEEKDAY_SIN } from './cyclic-time.ts'
import { freshness } from './freshness.ts'

describe('freshness', () => {
  test('is within 1e-12 of exp(-ageDays / 30) for whole days up to 276', () => {
    for (let day = 0; day <= 276; day++) expect(Math.abs(freshness(day) - Math.exp(-day / 30))).toBeLessThan(1e-12)
  })

  test('counts whole days', () => {
    expect(freshness(0.99)).toBe(1)
    expect(freshness(30.5)).toBe(freshness(30))
  })

  test('is 0 beyond its table, where it is about 1e-4, and for unknown ages', () => {
    expect(freshness(276)).toBeGreaterThan(1e-4)
    expect(Math.exp(-277 / 30)).toBeLessThan(1e-4)
    expect([277, 1e9, Infinity, -1, Number.NaN].map(freshness)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('cyclic time', () => {
  const tables: [string, Float32Array, (turn: number) => number, number][] = [
    ['HOUR_SIN', HOUR_SIN, Math.sin, 24],
    ['HOUR_COS', HOUR_COS, Math.cos, 24],
    ['WEEKDAY_SIN', WEEKDAY_SIN, Math.sin, 7],
    ['WEEKDAY_COS', WEEKDAY_COS, Math.cos, 7],
  ]

  test.each(tables)('%s is within 1e-9 of the nearest single-precision values', (_, table, wave, length) => {
    expect(table).toHaveLength(length)
    for (const [i, value] of table.entries())
      expect(Math.abs(value - Math.fround(wave((2 * Math.PI * i) / length)))).toBeLessThan(1e-9)
  })
})

test('day 0 of created days is 2000-01-01', () => {
  expect(DAY_ZERO_MS).toBe(Date.UTC(2000, 0, 1))
  expect(DAY_MS).toBe(24 * 3_600_000)
})
