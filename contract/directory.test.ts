import { expect, test } from 'vitest'
import {
  cutDirectory,
  DIRECTORY_SLICE_ITEMS,
  decodeDirectory,
  encodeDirectory,
  hashId,
  prefixOf,
  sliceOf,
} from './directory.ts'

const GOLDEN = {
  '': { high: 2427596082, low: 2193747318 },
  '007': { high: 3967333033, low: 1199558355 },
  'Straße/ü': { high: 3056185056, low: 3810513146 },
}

const items = Array.from({ length: 20_000 }, (_, itemNo) => ({ id: `sku ${itemNo}`, itemNo, cell: itemNo % 7 }))

test('hashId never changes: it is on the wire', () => {
  expect(hashId('')).toEqual(GOLDEN[''])
  expect(hashId('007')).toEqual(GOLDEN['007'])
  expect(hashId('Straße/ü')).toEqual(GOLDEN['Straße/ü'])
})

test('hashId spreads ids evenly over prefixes and does not collide on small catalogues', () => {
  const hashes = items.map(({ id }) => hashId(id))
  const sixteenths = new Array<number>(16).fill(0)
  for (const hash of hashes) sixteenths[prefixOf(hash) >> 12]++
  expect(Math.min(...sixteenths)).toBeGreaterThan(1_100)
  expect(Math.max(...sixteenths)).toBeLessThan(1_400)
  expect(new Set(hashes.map(({ high, low }) => high * 2 ** 21 + (low >>> 11))).size).toBe(items.length)
})

test('cutDirectory gives slices of at least 4,096 items that cover every prefix', () => {
  const slices = cutDirectory(items)
  expect(slices.length).toBe(4)
  expect(slices.every((slice) => slice.items.length >= DIRECTORY_SLICE_ITEMS)).toBe(true)
  expect(slices.at(-1)?.prefixEnd).toBe(65_536)
  expect(slices.reduce((sum, slice) => sum + slice.items.length, 0)).toBe(items.length)
})

test('decodeDirectory finds every item in the slice of its hash, "7" and "007" apart', () => {
  const all = [...items, { id: '7', itemNo: 20_000, cell: 1 }, { id: '007', itemNo: 20_001, cell: 2 }]
  const slices = cutDirectory(all)
  const decoded = slices.map((slice) => decodeDirectory(encodeDirectory(slice.items)))
  const wrong = all.filter(({ id, itemNo, cell }) => {
    const found = decoded[sliceOf(slices, hashId(id))]?.lookup(id)
    return found?.itemNo !== itemNo || found.cell !== cell
  })
  expect(wrong).toEqual([])
  expect(decoded.map((slice) => slice.lookup('nobody'))).toEqual(decoded.map(() => null))
})

test('decodeDirectory refuses hashes out of order and cut sections with shard-malformed', () => {
  const file = encodeDirectory(items.slice(0, 10))
  for (const at of [40, file.length - 1]) {
    const broken = file.slice()
    broken[at] ^= 1
    expect(() => decodeDirectory(broken)).toThrow(expect.objectContaining({ code: 'shard-malformed' }))
  }
  expect(() => encodeDirectory([items[3], items[3]])).toThrow(expect.objectContaining({ code: 'shard-malformed' }))
})

test('an empty catalogue has no slices', () => {
  expect(cutDirectory([])).toEqual([])
  expect(sliceOf([], hashId('x'))).toBe(-1)
})
