import { expect, test } from 'vitest'
import { cutByTime } from './cut-log.ts'

const ROWS = Array.from({ length: 100 }, (_, n) => `u${n},i${n},${(n * 37) % 100}`)
const LOG = ['user_id,item_id,timestamp', ...ROWS].join('\n')

test('a log is cut by time: the newest rows are the test, those before them are new', () => {
  const { base, all, test: held, newRows } = cutByTime(LOG, { testShare: 0.1, newShare: 0.1 })
  const times = (text: string) =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => Number(row.split(',')[2]))
  expect(times(base)).toEqual(Array.from({ length: 81 }, (_, n) => n))
  expect(times(all)).toEqual(Array.from({ length: 90 }, (_, n) => n))
  expect(times(held)).toEqual(Array.from({ length: 10 }, (_, n) => 90 + n))
  expect(newRows).toBe(9)
})

test('a log without times is cut by the order of its rows', () => {
  const untimed = LOG.replaceAll(/,[^,]*$/gm, '')
  const rows = untimed.split('\n').slice(1)
  const { all, test: held, newRows } = cutByTime(untimed, { testShare: 0.2, newShare: 0.1 })
  expect(all.trim().split('\n').slice(1)).toEqual(rows.slice(0, 80))
  expect(held.trim().split('\n').slice(1)).toEqual(rows.slice(80))
  expect(newRows).toBe(8)
})
