import { describe, expect, test } from 'vitest'
import { DOCUMENTS, drawLists, FEATURES } from './lists.ts'
import { meanNdcg } from './ndcg.ts'
import { parseTimes } from './timed-command.ts'

describe('drawLists', () => {
  const lists = drawLists(500, 3)

  test('repeats for a seed and differs for another', () => {
    expect(drawLists(500, 3)).toEqual(lists)
    expect(drawLists(500, 4).labels).not.toEqual(lists.labels)
  })

  test('has finite columns on a grid of 1/256 and labels 0 to 4 in the declared shares', () => {
    expect(lists.features.length).toBe(500 * DOCUMENTS * FEATURES)
    expect(lists.features.every((value) => Number.isInteger(256 * value))).toBe(true)
    const shares = [0, 1, 2, 3, 4].map(
      (label) => lists.labels.filter((own) => own === label).length / lists.labels.length,
    )
    expect(shares.map((share) => Math.round(100 * share))).toEqual([50, 20, 15, 10, 5])
  })

  test('hides a utility that the first column knows a part of and the last nothing', () => {
    const column = (at: number) => Float32Array.from(lists.labels, (_, row) => lists.features[row * FEATURES + at])
    const [first, last] = [0, FEATURES - 1].map((at) => meanNdcg(lists, column(at)))
    expect(first - last).toBeGreaterThan(0.05)
  })
})

describe('meanNdcg', () => {
  test('matches a value computed by hand, queries without a positive label left out', () => {
    const labels = new Uint8Array(2 * DOCUMENTS)
    labels[0] = 1
    labels[1] = 2
    const scores = Float32Array.from(labels, (_, row) => -row)
    const expected = (1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3))
    expect(meanNdcg({ queries: 2, labels }, scores)).toBeCloseTo(expected, 12)
  })
})

describe('parseTimes', () => {
  test('adds user and system time of what the shell started', () => {
    expect(parseTimes('0m0.01s 0m0.02s\n1m2.50s 0m0.25s\n')).toBeCloseTo(62.75, 12)
    expect(() => parseTimes('nothing')).toThrow('for times')
  })
})
