import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCards, encodeCards } from './cards.ts'
import { decodeItemNos, encodeItemNos, orderCrc } from './cell-order.ts'
import { type ColumnCell, decodeColumns, encodeColumns } from './columns.ts'
import { decodeGramian, encodeGramian } from './gramian.ts'
import { CELL_ROLE, type CellEntry, decodeShardTable, encodeShardTable } from './shard-table.ts'
import { decodeTrees, encodeTrees, type TreeEnsemble } from './trees.ts'
import { VarintReader, VarintWriter } from './varint.ts'
import { decodeVectors, encodeVectors } from './vectors.ts'
import { decodeVoters, encodeVoters } from './voters.ts'

const RUNS = { seed: 20_261_120, numRuns: 60 }

const u32 = fc.nat(0xffffffff)
const ascending = (maxLength: number) =>
  fc.uniqueArray(fc.oneof(u32, fc.nat(2_000)), { maxLength }).map((list) => Uint32Array.from(list).sort())
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const words = (length: number) => fc.uint16Array({ minLength: length, maxLength: length })
const floats = (length: number) => fc.float32Array({ minLength: length, maxLength: length })
const ref = fc.record({
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => Buffer.from(hash).toString('hex')),
  sizeBytes: u32,
})

/** Running sums of counts, from 0. */
function offsetsOf(counts: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(counts.length + 1)
  counts.forEach((count, i) => {
    offsets[i + 1] = offsets[i] + count
  })
  return offsets
}

const voterCell = fc
  .tuple(fc.array(ascending(20), { maxLength: 12 }), u32, fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }))
  .chain(([lists, crc, weightStep]) => {
    const source = Uint32Array.from(lists.flatMap((list) => [...list]))
    const offsets = offsetsOf(lists.map((list) => list.length))
    return fc
      .int8Array({ min: -63, max: 63, minLength: source.length, maxLength: source.length })
      .map((steps) => steps.map((step) => step || 1))
      .map((weights) => ({ itemCount: lists.length, orderCrc: crc, weightStep, offsets, source, weights }))
  })

const columnCell: fc.Arbitrary<ColumnCell> = fc
  .tuple(ascending(20), fc.array(fc.nat(8), { minLength: 20, maxLength: 20 }))
  .chain(([itemNos, counts]) => {
    const n = itemNos.length
    const tagOffsets = offsetsOf(counts.slice(0, n))
    return fc.record({
      itemNos: fc.constant(itemNos),
      orderCrc: fc.constant(orderCrc(itemNos)),
      popularity: bytes(n),
      trending: bytes(n),
      clickRate: bytes(n),
      conversionRate: bytes(n),
      quality: bytes(n),
      flags: bytes(n),
      category: words(n),
      createdDay: words(n),
      price: floats(n),
      tagOffsets: fc.constant(tagOffsets),
      tags: words(tagOffsets[n]),
      priorMean: bytes(n),
      priorStrength: bytes(n),
    })
  })

const table = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.nat(3), fc.integer({ min: 1, max: 5 }), fc.nat(3), fc.nat(6))
  .chain(([spaceCount, localeCount, dim, graphCount, cellCount]) => {
    const refs = (length: number) => fc.array(ref, { minLength: length, maxLength: length })
    const cell: fc.Arbitrary<CellEntry> = fc.record({
      role: fc.constantFrom(...Object.values(CELL_ROLE)),
      itemCount: fc.nat(65_535),
      popularity: fc.nat(65_535),
      group: fc.integer({ min: -1, max: graphCount - 1 }),
      objects: fc.record({ vectors: refs(spaceCount), voters: ref, columns: ref, cards: refs(localeCount) }),
    })
    return fc.record({
      spaceCount: fc.constant(spaceCount),
      localeCount: fc.constant(localeCount),
      dim: fc.constant(dim),
      cells: fc.array(cell, { minLength: cellCount, maxLength: cellCount }),
      centroids: fc.int8Array({ minLength: cellCount * dim, maxLength: cellCount * dim }),
      graphs: refs(graphCount),
    })
  })

const ensemble: fc.Arbitrary<TreeEnsemble> = fc
  .tuple(fc.nat(12), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), fc.nat(5))
  .chain(([nodes, features, leaves, trees]) => {
    const child = (above: number) =>
      above + 1 < nodes
        ? fc.oneof(fc.integer({ min: above + 1, max: nodes - 1 }), fc.integer({ min: -leaves, max: -1 }))
        : fc.integer({ min: -leaves, max: -1 })
    const children = fc
      .tuple(...Array.from({ length: nodes }, (_, n) => child(n)))
      .map((list) => Int32Array.from(list as number[])) // a tuple of integers
    return fc.record({
      layout: u32,
      featureCount: fc.constant(features),
      roots: fc.array(child(-1), { minLength: trees, maxLength: trees }).map((list) => Int32Array.from(list)),
      feature: fc.uint16Array({ max: features - 1, minLength: nodes, maxLength: nodes }),
      threshold: fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: nodes, maxLength: nodes }),
      left: children,
      right: children,
      leaf: fc.int32Array({ minLength: leaves, maxLength: leaves }),
    })
  })

describe('encode and decode return what was given', () => {
  test('for varints up to 2^32 - 1', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(u32, fc.nat(300)), { maxLength: 400 }), (values) => {
        const writer = new VarintWriter()
        for (const value of values) writer.write(value)
        const reader = new VarintReader(writer.finish())
        expect(values.map(() => reader.read())).toEqual(values)
        reader.end()
      }),
      RUNS,
    )
  })

  test('for item numbers', () => {
    fc.assert(
      fc.property(ascending(300), (itemNos) => {
        expect(decodeItemNos(encodeItemNos(itemNos), itemNos.length)).toEqual(itemNos)
      }),
      RUNS,
    )
  })

  test('for vectors', () => {
    const cell = fc
      .tuple(fc.nat(30), fc.integer({ min: 1, max: 9 }), u32)
      .chain(([itemCount, dim, crc]) =>
        fc
          .int8Array({ min: -127, minLength: itemCount * dim, maxLength: itemCount * dim })
          .map((quantised) => ({ itemCount, dim, orderCrc: crc, quantised })),
      )
    fc.assert(
      fc.property(cell, (value) => {
        expect(decodeVectors(encodeVectors(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for voters', () => {
    fc.assert(
      fc.property(voterCell, (value) => {
        expect(decodeVoters(encodeVoters(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for columns', () => {
    fc.assert(
      fc.property(columnCell, (value) => {
        expect(decodeColumns(encodeColumns(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for cards, any text and a leading byte-order mark included', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('\ufeffx'))
    const cards = fc.array(fc.record({ id: text, title: text, url: text, image: text }), { maxLength: 12 })
    fc.assert(
      fc.property(cards, u32, (list, crc) => {
        const cell = decodeCards(encodeCards(list, crc))
        expect([cell.itemCount, cell.orderCrc]).toEqual([list.length, crc])
        expect(list.map((_, i) => cell.card(i))).toEqual(list)
        expect(list.map((_, i) => cell.id(i))).toEqual(list.map(({ id }) => id))
      }),
      RUNS,
    )
  })

  test('for Gramians', () => {
    const gramian = fc
      .integer({ min: 1, max: 12 })
      .chain((dim) => floats((dim * (dim + 1)) / 2).map((packed) => ({ dim, packed })))
    fc.assert(
      fc.property(gramian, (value) => {
        expect(decodeGramian(encodeGramian(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for tree ensembles', () => {
    fc.assert(
      fc.property(ensemble, (value) => {
        expect(decodeTrees(encodeTrees(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for shard tables', () => {
    fc.assert(
      fc.property(table, (value) => {
        expect(decodeShardTable(encodeShardTable(value))).toEqual(value)
      }),
      RUNS,
    )
  })

  test('for columns read from an unaligned Node Buffer', () => {
    fc.assert(
      fc.property(columnCell, fc.nat(15), (value, shift) => {
        const file = encodeColumns(value)
        const pool = new ArrayBuffer(file.length + shift)
        const buffer = Buffer.from(pool, shift)
        buffer.set(file)
        expect(decodeColumns(buffer)).toEqual(value)
      }),
      RUNS,
    )
  })
})
