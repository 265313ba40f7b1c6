import { describe, expect, test } from 'vitest'
import { divideRows, relationOf } from './blocks.ts'
import type { Impressions } from './read-impressions.ts'

const [USERS, TRAIN, ROWS] = [40, 1000, 1200]

/** Rows of which only user and time count; the first half of the train rows is labelled 1. */
function impressions(time: (row: number) => number): Impressions {
  return {
    rowCount: ROWS,
    trainCount: TRAIN,
    user: Int32Array.from({ length: ROWS }, (_, r) => r % USERS),
    item: new Int32Array(ROWS),
    userIds: Array.from({ length: USERS }, (_, u) => `u${u}`),
    itemIds: ['i'],
    label: Uint8Array.from({ length: ROWS }, (_, r) => (r < TRAIN / 2 ? 1 : 0)),
    times: { key: Float64Array.from({ length: ROWS }, (_, r) => time(r)), isReal: false },
    columns: [],
    malformed: 0,
    dropped: 0,
  }
}

/** Share of ones in each block. */
function sharesOfOnes({ of, count }: ReturnType<typeof divideRows>): number[] {
  return Array.from({ length: count }, (_, b) => {
    const own = Array.from(of.keys()).filter((row) => of[row] === b)
    return own.filter((row) => row < TRAIN / 2).length / own.length
  })
}

/** An order of the train rows that has nothing to do with the file's. */
const mixed = (row: number) => (row * 387) % TRAIN

describe('divideRows', () => {
  test('cuts no day that is smaller than a block', () => {
    const day = (row: number) => (row < TRAIN ? Math.floor(mixed(row) / 70) : 99)
    const blocks = divideRows(impressions(day), 1)
    expect(blocks.relation).toBe('time')
    const byDay = new Map<number, Set<number>>()
    blocks.of.forEach((block, row) => {
      byDay.set(day(row), (byDay.get(day(row)) ?? new Set()).add(block))
    })
    expect([...byDay.values()].every((own) => own.size === 1)).toBe(true)
    expect(new Set(blocks.of).size).toBe(blocks.count)
  })

  test('draws the blocks of a day that is larger than one', () => {
    const blocks = divideRows(
      impressions((row) => (row < TRAIN ? 1 : 2)),
      1,
    )
    expect(blocks.relation).toBe('time')
    for (const share of sharesOfOnes(blocks)) expect(Math.abs(share - 0.5)).toBeLessThan(0.15)
  })

  test('draws the blocks of users who have one time each', () => {
    const blocks = divideRows(
      impressions((row) => (row < TRAIN ? row % USERS : 100 * (row % 5) + (row % USERS))),
      1,
    )
    expect(blocks.relation).toBe('user-time')
    for (const share of sharesOfOnes(blocks)) expect(Math.abs(share - 0.5)).toBeLessThan(0.15)
  })

  test('draws the same blocks for the same seed', () => {
    const rows = impressions((row) => (row < TRAIN ? 1 : 2))
    expect(divideRows(rows, 1).of).toEqual(divideRows(rows, 1).of)
    expect(divideRows(rows, 1).of).not.toEqual(divideRows(rows, 2).of)
  })
})

describe('relationOf', () => {
  test('takes rows at the time of all their user’s others for a random draw', () => {
    expect(relationOf(impressions((row) => row % USERS))).toBe('row')
  })

  test('takes rows of the last day for later ones only where few train rows share it', () => {
    const until = (share: number) =>
      impressions((row) => (row < TRAIN && mixed(row) < (1 - share) * TRAIN ? mixed(row) : TRAIN))
    expect(relationOf(until(0.1))).toBe('time')
    expect(relationOf(until(0.95))).toBe('row')
  })
})
