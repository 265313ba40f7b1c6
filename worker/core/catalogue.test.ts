import { expect, test } from 'vitest'
import { ITEM_FLAG } from '#contract/columns'
import { levelOf, weightOfLevel } from '#contract/voters'
import { createBlocked } from './blocked.ts'
import { createCatalogue } from './catalogue.ts'
import { createModel } from './model.ts'
import { syntheticRelease } from './synthetic-model.ts'
import { createVoterIndex } from './voter-index.ts'

const { manifest, cells, gramian } = syntheticRelease({ items: 250, dim: 16, cellItems: 100 })

test('createCatalogue lays cells out in table order, whatever order they come in, and finds items by number and id', () => {
  const catalogue = createCatalogue(manifest, [cells[2], cells[0]])
  expect(catalogue.rowCount).toBe(150)
  expect(catalogue.cells.map(({ cellIndex, from, to }) => [cellIndex, from, to])).toEqual([
    [0, 0, 100],
    [2, 100, 150],
  ])
  expect(catalogue.itemNoOf[100]).toBe(200)
  expect(catalogue.rowOf(249)).toBe(149)
  expect(catalogue.rowOf(150)).toBe(-1)
  expect(catalogue.rowOfId('item-201')).toBe(101)
  expect(catalogue.rowOfId('item-150')).toBe(-1)
  expect(catalogue.cardOf(149)?.title).toBe('Item 249')
  expect(catalogue.columns.price[149]).toBe(cells[2].columns.price[49])
  expect(catalogue.columns.tags[catalogue.columns.tagOffsets[149]]).toBe(cells[2].columns.tags[49 * 3])
  expect([...catalogue.quantised.subarray(149 * 16)]).toEqual([...cells[2].vectors[0].quantised.subarray(49 * 16)])
})

test('createCatalogue of no cells is empty and answers', () => {
  const catalogue = createCatalogue(manifest, [])
  expect([catalogue.rowCount, catalogue.rowOf(0), catalogue.rowOfId('item-0'), catalogue.cardOf(0)]).toEqual([
    0,
    -1,
    -1,
    null,
  ])
})

test('createCatalogue refuses objects of different cells, other dimensions and repeated items with shard-malformed', () => {
  const wrong = expect.objectContaining({ code: 'shard-malformed' })
  expect(() => createCatalogue(manifest, [{ ...cells[0], voters: cells[1].voters }])).toThrow(wrong)
  expect(() => createCatalogue(manifest, [{ ...cells[0], cards: cells[1].cards }])).toThrow(wrong)
  expect(() => createCatalogue(manifest, [{ ...cells[0], vectors: [] }])).toThrow(wrong)
  expect(() => createCatalogue(manifest, [cells[0], { ...cells[0], cellIndex: 7 }])).toThrow(wrong)
})

test('createVoterIndex names every vote of resident cells once, steps by cell', () => {
  const parts = cells.map(({ voters }, c) => {
    const weights = voters.weights.map((weight, k) => (k % 3 === 0 ? -weight : weight))
    return { voters: { ...voters, weights, weightStep: c + 1 }, firstRow: c * 100 }
  })
  const index = createVoterIndex(parts, 250, 250)
  let votes = 0
  for (let source = 0; source < 250; source++) {
    const [from, to] = index.range(source)
    for (let at = from; at < to; at++) {
      const row = index.low[at] | ((index.high[at] & 3) << 16)
      const { voters } = parts[Math.floor(row / 100)]
      const own = [...voters.source.subarray(voters.offsets[row % 100], voters.offsets[(row % 100) + 1])]
      const weight = voters.weights[voters.offsets[row % 100] + own.indexOf(source)]
      expect(index.weightOf[index.high[at] >>> 2]).toBe(weightOfLevel(levelOf(weight)))
      votes++
    }
  }
  expect(votes).toBe(index.voteCount)
  expect([index.stepOf(0), index.stepOf(99), index.stepOf(100), index.stepOf(249)]).toEqual([1, 1, 2, 3])
})

test('createVoterIndex refuses sources beyond the catalogue and more rows than it can name', () => {
  const parts = [{ voters: cells[0].voters, firstRow: 0 }]
  expect(() => createVoterIndex(parts, 100, 5)).toThrow(expect.objectContaining({ code: 'shard-malformed' }))
  expect(() => createVoterIndex([], 300_000, 5)).toThrow(expect.objectContaining({ code: 'too-large' }))
})

test('createBlocked hides tombstones, unavailable items, the safety list and what the request excludes', () => {
  const flags = cells[0].columns.flags.slice()
  flags[1] &= ~ITEM_FLAG.available
  flags[2] |= ITEM_FLAG.restricted
  const release = { ...manifest, tombstones: [3, 249] }
  const catalogue = createCatalogue(release, [{ ...cells[0], columns: { ...cells[0].columns, flags } }])
  const model = createModel({
    manifest: release,
    dictionaries: { v: 1, categories: [], tags: [] },
    catalogue,
    gramians: [gramian],
  })
  const hidden = (blocked: Uint8Array) => [...blocked.keys()].filter((row) => blocked[row] === 1)
  expect(hidden(createBlocked(model, { items: [5, 240] }))).toEqual([1, 2, 3, 5])
  expect(hidden(createBlocked(model, { allowRestricted: true }))).toEqual([1, 3])
  const priced = createBlocked(model, { minPrice: 10, maxPrice: 11 })
  expect([...priced.keys()].filter((row) => priced[row] === 0)).toEqual([5, 6, 55].filter((row) => row % 7 !== 0))
})
