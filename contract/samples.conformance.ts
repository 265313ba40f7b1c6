import { decodeCards, encodeCards } from './cards.ts'
import { orderCrc } from './cell-order.ts'
import { type ColumnCell, decodeColumns, encodeColumns } from './columns.ts'
import { crc32 } from './crc32.ts'
import { decodeDirectory, encodeDirectory } from './directory.ts'
import { decodeGramian, encodeGramian } from './gramian.ts'
import { decodeGraph, encodeGraph, groupCrc } from './graph.ts'
import { OBJECT_KIND, type ObjectKind } from './object-file.ts'
import { decodePatch, encodePatch } from './patch.ts'
import { decodeShardTable, encodeShardTable, type ObjectRef } from './shard-table.ts'
import { decodeTrees, encodeTrees } from './trees.ts'
import { decodeVectors, encodeVectors } from './vectors.ts'
import { decodeVoters, encodeVoters } from './voters.ts'

/** A small object of one kind with fixed content, which golden files, damage tests and the fuzzer share. */
export type ObjectSample = {
  /** Name of its golden file without the ending. */
  readonly name: string
  readonly kind: ObjectKind
  encode(): Uint8Array
  decode(bytes: Uint8Array): unknown
}

const ITEM_NOS = Uint32Array.of(0, 7, 300, 70_000)
const ORDER_CRC = orderCrc(ITEM_NOS)
const REF_HASH_CHARS = '0123456789abcdef'

const columns: ColumnCell = {
  itemNos: ITEM_NOS,
  orderCrc: ORDER_CRC,
  popularity: Uint8Array.of(255, 128, 1, 0),
  trending: Uint8Array.of(9, 8, 7, 6),
  clickRate: Uint8Array.of(0, 1, 2, 3),
  conversionRate: Uint8Array.of(3, 2, 1, 0),
  quality: Uint8Array.of(10, 20, 30, 40),
  flags: Uint8Array.of(3, 1, 0, 5),
  category: Uint16Array.of(0, 1, 65_535, 258),
  createdDay: Uint16Array.of(0, 9_820, 65_535, 1),
  price: Float32Array.of(0, 12.5, Number.NaN, 1e6),
  tagOffsets: Uint32Array.of(0, 2, 2, 3, 3),
  tags: Uint16Array.of(4, 513, 65_534),
  priorMean: Uint8Array.of(1, 2, 3, 4),
  priorStrength: Uint8Array.of(200, 0, 5, 6),
}

/** A reference whose hash is made of one digit. */
export function sampleRef(digit: number, sizeBytes = digit * 1_000): ObjectRef {
  return { hash: (REF_HASH_CHARS[digit % 16] ?? '0').repeat(64), sizeBytes }
}

const cellOf = (first: number) => ({
  vectors: [sampleRef(first)],
  voters: sampleRef(first + 1),
  columns: sampleRef(first + 2),
  cards: [sampleRef(first + 3), sampleRef(first + 4)],
})

/** One sample of each kind; a new kind is added here and gets its golden file, damage tests and fuzzing from it. */
export const OBJECT_SAMPLES: readonly ObjectSample[] = [
  {
    name: 'vectors',
    kind: OBJECT_KIND.vectors,
    encode: () =>
      encodeVectors({
        itemCount: 4,
        dim: 3,
        orderCrc: ORDER_CRC,
        quantised: Int8Array.of(127, -127, 0, 1, 2, 3, -1, -2, -3, 64, -64, 5),
      }),
    decode: decodeVectors,
  },
  {
    name: 'voters',
    kind: OBJECT_KIND.voters,
    encode: () =>
      encodeVoters({
        itemCount: 4,
        orderCrc: ORDER_CRC,
        weightStep: 0.03125,
        offsets: Uint32Array.of(0, 3, 3, 4, 6),
        source: Uint32Array.of(0, 1, 70_000, 299, 7, 300),
        weights: Int8Array.of(63, 1, 2, 40, 5, 6),
      }),
    decode: decodeVoters,
  },
  {
    name: 'voters-against',
    kind: OBJECT_KIND.voters,
    encode: () =>
      encodeVoters({
        itemCount: 2,
        orderCrc: orderCrc(Uint32Array.of(0, 1)),
        weightStep: 0.25,
        offsets: Uint32Array.of(0, 3, 4),
        source: Uint32Array.of(1, 5, 70_000, 0),
        weights: Int8Array.of(63, -1, -63, 2),
      }),
    decode: decodeVoters,
  },
  { name: 'columns', kind: OBJECT_KIND.columns, encode: () => encodeColumns(columns), decode: decodeColumns },
  {
    name: 'cards',
    kind: OBJECT_KIND.cards,
    encode: () =>
      encodeCards(
        [
          { id: '007', title: 'Der Prozeß', url: '/books/7', image: '' },
          { id: 'b', title: '三体 🪐', url: 'https://shop.example/b?x=1', image: '/covers/b.svg' },
          { id: 'c', title: '', url: '', image: '' },
          { id: 'd', title: '\ufeffmarked', url: '/d', image: '/d.png' },
        ],
        ORDER_CRC,
      ),
    decode: (bytes) => {
      const cards = decodeCards(bytes)
      return Array.from({ length: cards.itemCount }, (_, i) => cards.card(i))
    },
  },
  {
    name: 'graph',
    kind: OBJECT_KIND.graph,
    encode: () =>
      encodeGraph({
        itemCount: 4,
        orderCrc: groupCrc([ORDER_CRC, 1]),
        m: 2,
        efConstruction: 100,
        entryPoint: 2,
        levels: Uint8Array.of(0, 1, 1, 0),
        listOffsets: Uint32Array.of(0, 2, 5, 6, 8, 9, 9),
        links: Uint32Array.of(1, 3, 0, 2, 3, 2, 0, 3, 1),
      }),
    decode: decodeGraph,
  },
  {
    name: 'shard-table',
    kind: OBJECT_KIND.shardTable,
    encode: () =>
      encodeShardTable({
        spaceCount: 1,
        localeCount: 2,
        dim: 2,
        cells: [
          { role: 0, itemCount: 500, popularity: 65_535, group: -1, objects: cellOf(1) },
          { role: 1, itemCount: 4_000, popularity: 9_000, group: 0, objects: cellOf(6) },
          { role: 2, itemCount: 0, popularity: 0, group: -1, objects: cellOf(11) },
        ],
        centroids: Int8Array.of(1, -1, 127, -127, 0, 9),
        graphs: [sampleRef(12)],
      }),
    decode: decodeShardTable,
  },
  {
    name: 'patched-table',
    kind: OBJECT_KIND.shardTable,
    encode: () =>
      encodeShardTable({
        spaceCount: 1,
        localeCount: 2,
        dim: 1,
        cells: [
          { role: 0, itemCount: 5, popularity: 65_535, group: -1, objects: cellOf(1) },
          { role: 1, itemCount: 4, popularity: 9_000, group: -1, objects: { ...cellOf(6), patch: sampleRef(13) } },
        ],
        centroids: Int8Array.of(1, -1),
        graphs: [],
      }),
    decode: decodeShardTable,
  },
  {
    name: 'patch',
    kind: OBJECT_KIND.patch,
    encode: () =>
      encodePatch({
        baseCrc: 0x1234_5678,
        parts: {
          vectors: [{ itemCount: 4, dim: 1, orderCrc: ORDER_CRC, quantised: Int8Array.of(9, -9, 0, 127) }],
          voters: {
            itemCount: 4,
            orderCrc: ORDER_CRC,
            weightStep: 0.5,
            offsets: Uint32Array.of(0, 1, 1, 1, 3),
            source: Uint32Array.of(7, 0, 70_000),
            weights: Int8Array.of(63, 1, 2),
          },
          columns,
        },
      }),
    decode: decodePatch,
  },
  {
    name: 'directory',
    kind: OBJECT_KIND.directory,
    encode: () =>
      encodeDirectory([
        { id: '007', itemNo: 0, cell: 0 },
        { id: '7', itemNo: 70_000, cell: 2 },
        { id: 'Straße/ü', itemNo: 300, cell: 129 },
      ]),
    decode: (bytes) => {
      const { itemCount, lookup } = decodeDirectory(bytes)
      return [itemCount, ...['007', '7', 'Straße/ü', 'nobody'].map(lookup)]
    },
  },
  {
    name: 'gramian',
    kind: OBJECT_KIND.gramian,
    encode: () => encodeGramian({ dim: 3, packed: Float32Array.of(4, 1, 5, -0.5, 0.25, 6) }),
    decode: decodeGramian,
  },
  {
    name: 'trees',
    kind: OBJECT_KIND.trees,
    encode: () =>
      encodeTrees({
        layout: 1,
        featureCount: 4,
        roots: Int32Array.of(0, 2, -5),
        feature: Uint16Array.of(0, 3, 1),
        threshold: Float32Array.of(0.5, -2, 1e6),
        left: Int32Array.of(1, -1, -4),
        right: Int32Array.of(-3, -2, -3),
        leaf: Int32Array.of(65_536, -65_536, 1, 8_388_607, -7),
      }),
    decode: decodeTrees,
  },
]

/** The sample of a kind by its name. */
export function objectSample(name: string): ObjectSample {
  const found = OBJECT_SAMPLES.find((sample) => sample.name === name)
  if (found === undefined) throw new Error(`no sample of ${name}`)
  return found
}

/** Random numbers 0…1 of a seed (mulberry32): tests need repeatable ones, and the same in every engine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A copy of an object file whose checksums fit whatever its table and sections say, so that damage gets past them. */
export function repairChecksums(file: Uint8Array): Uint8Array {
  const copy = file.slice()
  if (copy.length < 8) return copy
  const view = new DataView(copy.buffer)
  for (let i = 0, at = 8; i < view.getUint16(6, true) && at + 16 <= copy.length; i++, at += 16) {
    const offset = view.getUint32(at + 4, true)
    const section = copy.subarray(offset, offset + view.getUint32(at + 8, true))
    view.setUint32(at + 12, crc32(section, crc32(copy.subarray(at, at + 12))), true)
  }
  return copy
}
