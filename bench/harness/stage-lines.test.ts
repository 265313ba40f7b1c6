import { expect, test } from 'vitest'
import { parseStageLine, stageTimes } from './stage-lines.ts'

test('parseStageLine › reads a stage, also with its share done', () => {
  expect(parseStageLine('[3.6 s] choose recency')).toEqual({ name: 'choose recency', atSeconds: 3.6 })
  expect(parseStageLine('[12.0 s] train ranker 75 %')).toEqual({ name: 'train ranker', atSeconds: 12 })
})

test('parseStageLine › gives null for a warning', () => {
  expect(parseStageLine('warning: 3 rows were dropped')).toBeNull()
})

test('stageTimes › adds up repeats and ends with the command', () => {
  const starts = [
    { name: 'read', atSeconds: 0 },
    { name: 'train', atSeconds: 1 },
    { name: 'train', atSeconds: 2 },
    { name: 'read', atSeconds: 4 },
  ]
  expect(stageTimes(starts, 4.5)).toEqual({ read: 1500, train: 3000 })
})
