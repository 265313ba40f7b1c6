import { describe, expect, test } from 'vitest'
import { encodeCards } from './cards.ts'
import { decodeItemNos, encodeItemNos } from './cell-order.ts'
import { type ColumnCell, decodeColumns, encodeColumns } from './columns.ts'
import { decodeObject, encodeObject } from './object-file.ts'
import { OBJECT_SAMPLES, type ObjectSample, objectSample } from './samples.conformance.ts'
import { VarintReader, VarintWriter } from './varint.ts'
import { encodeVectors } from './vectors.ts'
import { decodeVoters, encodeVoters, levelOf, weightOfLevel } from './voters.ts'

const shardMalformed = expect.objectContaining({ name: 'RecError', code: 'shard-malformed' })

/** A valid file of a sample with one section replaced (or taken out), checksums included. */
function withSection(sample: ObjectSample, type: number, change: (section: Uint8Array) => Uint8Array | null) {
  const sections = new Map(decodeObject(sample.encode(), sample.kind))
  const changed = change(sections.get(type)?.slice() ?? new Uint8Array(0))
  if (changed === null) sections.delete(type)
  else sections.set(type, changed)
  return encodeObject(sample.kind, sections)
}

/** Replaces the little-endian u32 at an offset. */
const word = (at: number, value: number) => (section: Uint8Array) => {
  new DataView(section.buffer).setUint32(at, value, true)
  return section
}

const replaced = (at: number, value: number) => (section: Uint8Array) => {
  section[at] = value
  return section
}

describe('VarintReader', () => {
  test('reads hand-made bytes', () => {
    const reader = new VarintReader(Uint8Array.of(0, 127, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f))
    expect([reader.read(), reader.read(), reader.read(), reader.read()]).toEqual([0, 127, 128, 0xffffffff])
    reader.end()
  })

  test.each([
    ['nothing', []],
    ['a cut number', [0x80]],
    ['a number longer than it must be', [0x80, 0]],
    ['2^32', [0x80, 0x80, 0x80, 0x80, 0x10]],
    ['six bytes', [0xff, 0xff, 0xff, 0xff, 0xff, 0]],
  ])('refuses %s', (_, bytes) => {
    expect(() => new VarintReader(Uint8Array.from(bytes)).read()).toThrow(shardMalformed)
  })

  test('refuses bytes that trail', () => {
    expect(() => new VarintReader(Uint8Array.of(1)).end()).toThrow(shardMalformed)
  })
})

test.each([-1, 0.5, 2 ** 32, Number.NaN])('VarintWriter refuses %d', (value) => {
  expect(() => new VarintWriter().write(value)).toThrow(shardMalformed)
})

describe('item numbers', () => {
  test('are differences less one', () => {
    expect([...encodeItemNos(Uint32Array.of(0, 1, 5, 1_000))]).toEqual([0, 0, 3, 0xe2, 7])
  })

  test('refuse a repeat, a fall and a number past 2^32 - 1', () => {
    expect(() => encodeItemNos(Uint32Array.of(3, 3))).toThrow(shardMalformed)
    expect(() => encodeItemNos(Uint32Array.of(3, 2))).toThrow(shardMalformed)
    const past = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0)
    expect(() => decodeItemNos(past, 2)).toThrow(shardMalformed)
  })

  test('refuse fewer and more than the count', () => {
    expect(() => decodeItemNos(Uint8Array.of(1), 2)).toThrow(shardMalformed)
    expect(() => decodeItemNos(Uint8Array.of(1, 1), 1)).toThrow(shardMalformed)
  })
})

describe('decoders refuse', () => {
  /** Damage that a checksum cannot see: what, sample, section type, change. */
  const cases: [string, string, number, (section: Uint8Array) => Uint8Array | null][] = [
    ['a header that is cut', 'vectors', 1, (section) => section.subarray(0, 11)],
    ['more vectors than there are bytes', 'vectors', 1, word(0, 0xffffffff)],
    ['a dimension of 0', 'vectors', 1, (section) => word(4, 0)(section)],
    ['a dimension past 512', 'vectors', 1, word(4, 513)],
    ['a voter header that is cut', 'voters', 1, (section) => section.subarray(0, 8)],
    ['more candidates than voter counts', 'voters', 1, word(0, 0xffffffff)],
    ['a voter weight step that is not a number', 'voters', 1, word(8, 0x7fc00000)],
    ['a voter weight step below zero', 'voters', 1, word(8, 0xbf800000)],
    ['81 voters of one candidate', 'voters', 2, replaced(0, 81)],
    ['voter counts that do not fit', 'voters', 2, replaced(0, 4)],
    ['too few voter sources', 'voters', 4, (section) => section.subarray(1)],
    ['a voter past 2^32 - 1', 'voters', 4, () => Uint8Array.of(0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 1)],
    ['a voter weight of 0', 'voters', 5, replaced(1, 0)],
    ['a voter weight of 64', 'voters', 5, replaced(1, 64)],
    ['more items than a cell may have', 'columns', 1, word(0, 65_536)],
    ['an order that does not fit its checksum', 'columns', 1, word(4, 1)],
    ['item numbers of another order', 'columns', 2, replaced(1, 9)],
    ['nine tags of an item', 'columns', 25, replaced(0, 9)],
    ['a byte column of another length', 'columns', 16, (section) => section.subarray(1)],
    ['a word column of another length', 'columns', 22, (section) => section.subarray(1)],
    ['a column that is missing', 'columns', 28, () => null],
    ['more cards than a cell may have', 'cards', 1, word(0, 0xffffffff)],
    ['a cards header that is cut', 'cards', 1, (section) => section.subarray(0, 4)],
    ['card lengths that wrap past 2^32', 'cards', 12, () => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 7, 0, 0)],
    ['card lengths that do not fit', 'cards', 12, replaced(0, 4)],
    ['a Gramian of dimension 0', 'gramian', 1, word(0, 0)],
    ['a Gramian past 512 dimensions', 'gramian', 1, word(0, 0x10000)],
    ['a Gramian header that is cut', 'gramian', 1, (section) => section.subarray(1)],
    ['more cells than there are bytes', 'shard-table', 1, word(0, 0xffffffff)],
    ['nine spaces', 'shard-table', 1, word(4, 9)],
    ['65 locales', 'shard-table', 1, word(8, 65)],
    ['more graphs than there are bytes', 'shard-table', 1, word(16, 0xffffffff)],
    ['an unknown role', 'shard-table', 2, replaced(8, 3)],
    ['a group that does not exist', 'shard-table', 2, replaced(18, 1)],
    ['a cell of too many items', 'shard-table', 2, word(0, 65_536)],
    ['a cell with bytes where zeros stand', 'shard-table', 2, replaced(9, 1)],
    ['more directory items than there are bytes', 'directory', 1, word(0, 0xffffffff)],
    ['a directory header that is cut', 'directory', 1, (section) => section.subarray(1)],
    ['directory hashes that fall', 'directory', 3, (section) => section.reverse()],
    ['a directory without one of its item numbers', 'directory', 4, () => Uint8Array.of(1, 2)],
    ['more graph nodes than there are bytes', 'graph', 1, word(0, 0xffffffff)],
    ['an entry point that is not on top', 'graph', 1, word(16, 0)],
    ['an entry point outside the graph', 'graph', 1, word(16, 4)],
    ['a graph of m = 1', 'graph', 1, word(8, 1)],
    ['a node of 32 levels', 'graph', 2, replaced(1, 32)],
    ['link counts that do not fit', 'graph', 3, replaced(0, 3)],
    ['a link to its own node', 'graph', 4, replaced(0, 0)],
    ['a link before the first node', 'graph', 4, replaced(0, 1)],
    ['a link past the last node', 'graph', 4, replaced(0, 8)],
    ['a link to a node that is not on its level', 'graph', 4, replaced(5, 1)],
    ['more nodes than there are bytes', 'trees', 1, word(12, 0xffffffff)],
    ['a root outside the trees', 'trees', 2, word(0, 3)],
    ['a root whose leaf does not exist', 'trees', 2, word(8, -6)],
    ['a feature past the row', 'trees', 3, replaced(0, 4)],
    ['a threshold that is not a number', 'trees', 4, word(0, 0x7fc00000)],
    ['an endless threshold', 'trees', 4, word(0, 0x7f800000)],
    ['a node that is its own child', 'trees', 5, word(0, 0)],
    ['a cycle of two nodes', 'trees', 5, word(4, 0)],
    ['a right child before its parent', 'trees', 6, word(8, 1)],
    ['a leaf that does not exist', 'trees', 6, word(0, -6)],
    ['a child past the last node', 'trees', 6, word(0, 3)],
  ]

  test.each(cases)('%s', (_, name, type, change) => {
    const sample = objectSample(name)
    expect(() => sample.decode(withSection(sample, type, change))).toThrow(shardMalformed)
  })

  test('an object without any one of its sections', () => {
    for (const name of OBJECT_SAMPLES.map((sample) => sample.name)) {
      const sample = objectSample(name)
      for (const type of decodeObject(sample.encode(), sample.kind).keys())
        expect(() => sample.decode(withSection(sample, type, () => null))).toThrow(shardMalformed)
    }
    expect.assertions(75)
  })
})

test('decoders skip sections of unknown types', () => {
  for (const name of OBJECT_SAMPLES.map((sample) => sample.name)) {
    const sample = objectSample(name)
    const extended = withSection(sample, 4_000_000_000, () => Uint8Array.of(1, 2, 3))
    expect(sample.decode(extended)).toEqual(sample.decode(sample.encode()))
  }
})

describe('encoders refuse what decoders would', () => {
  const columns = objectSample('columns').decode(objectSample('columns').encode()) as ColumnCell // what the sample decodes to

  test('descending voters, more than 240, and a weight of nothing', () => {
    const cell = decodeVoters(objectSample('voters').encode())
    expect(() => encodeVoters({ ...cell, source: Uint32Array.of(1, 1, 2, 3, 4, 5) })).toThrow(shardMalformed)
    const many = {
      itemCount: 1,
      offsets: Uint32Array.of(0, 241),
      source: Uint32Array.from({ length: 241 }, (_, i) => i),
    }
    expect(() => encodeVoters({ ...cell, ...many, weights: new Int8Array(241).fill(1) })).toThrow(shardMalformed)
    for (const weight of [0, 64, -64])
      expect(() => encodeVoters({ ...cell, weights: cell.weights.with(0, weight) })).toThrow(shardMalformed)
  })

  test('more than eight tags', () => {
    expect(() => encodeColumns({ ...columns, tagOffsets: Uint32Array.of(0, 9, 9, 9, 9) })).toThrow(shardMalformed)
    expect(decodeColumns(encodeColumns(columns))).toEqual(columns)
  })

  test('more items than a cell may have', () => {
    const card = { id: '', title: '', url: '', image: '' }
    const cell = { itemCount: 65_536, dim: 1, orderCrc: 0, quantised: new Int8Array(65_536) }
    expect(() => encodeVectors(cell)).toThrow(shardMalformed)
    expect(() => encodeCards(new Array(65_536).fill(card), 0)).toThrow(shardMalformed)
  })
})

test('levels of weights fit six bits, lie within a step of what they stand for, and are told apart', () => {
  for (let weight = -63; weight <= 63; weight++) {
    const level = levelOf(weight)
    expect(Math.abs(level)).toBeLessThan(32)
    expect(Math.abs(weightOfLevel(level) - weight)).toBeLessThanOrEqual(Math.abs(weight) < 17 ? 1 : 1.5)
    expect(levelOf(weightOfLevel(level))).toBe(level)
  }
  expect([1, 15, 16, 17, 63, -1, -63].map(levelOf)).toEqual([1, 15, 15, 16, 31, -1, -31])
})
