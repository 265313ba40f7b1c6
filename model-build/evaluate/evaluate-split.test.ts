import { expect, test } from 'vitest'
import { type Dataset, SIGNAL } from '../dataset.ts'
import { bareItem } from '../ingest/load-dataset.ts'
import { logFromLists } from '../train/synthetic-log.ts'
import { trainPart } from './evaluate-split.ts'
import { splitByTime, splitLeaveLastOut } from './splits.ts'

const DAY_MS = 86_400_000
const lists = [
  [0, 1, 2],
  [1, 2, 0],
]
const log = logFromLists(lists, 3)
const at = Float64Array.from(log.item, (_, row) => row * DAY_MS)

/** Every row as a click, and each item shown to each person a day later. */
const dataset: Dataset = {
  users: ['a', 'b'],
  items: ['x', 'y', 'z'].map(bareItem),
  interactions: { ...log, at, order: 'time' },
  signals: {
    user: Int32Array.of(0, 0, 0, 1, 1, 1),
    item: log.item,
    at: at.map((value) => value + DAY_MS / 2),
    kind: new Uint8Array(6).fill(SIGNAL.clicked),
    opinion: new Float32Array(6),
    value: new Float32Array(6).fill(Number.NaN),
  },
}

test('rates of the judged models know nothing of the rows that are looked for', () => {
  const { signals } = trainPart(dataset, splitLeaveLastOut(dataset.interactions, { minUserItems: 2, seed: 1 }), 'last')
  expect(Array.from(signals?.user ?? [])).toEqual([0, 0, 1, 1])
  expect(Array.from(signals?.item ?? [])).toEqual([0, 1, 1, 2])
})

test('with a cut in time they know nothing of what came later', () => {
  const log = { ...dataset.interactions, userOffsets: Int32Array.of(0, 6, 6) }
  const split = splitByTime(log, { testShare: 1 / 3 })
  const { signals } = trainPart({ ...dataset, interactions: log }, split, 'time')
  expect(signals?.at.every((value) => value < 4 * DAY_MS)).toBe(true)
  expect(signals?.item.length).toBeGreaterThan(0)
})
