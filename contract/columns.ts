import { checkCellItems, decodeItemNos, encodeItemNos } from './cell-order.ts'
import { crc32 } from './crc32.ts'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection, type Sections } from './object-file.ts'

const SECTION = {
  header: 1,
  itemNos: 2,
  popularity: 16,
  trending: 17,
  clickRate: 18,
  conversionRate: 19,
  quality: 20,
  flags: 21,
  category: 22,
  createdDay: 23,
  price: 24,
  tagCounts: 25,
  tags: 26,
  priorMean: 27,
  priorStrength: 28,
} as const

/** Bits of `flags`. */
export const ITEM_FLAG = {
  available: 1,
  /** The item has enough interactions of its own; without it the vector comes from its content. */
  hasEvidence: 2,
  /** On the safety list: shown only where the page asks for it. */
  restricted: 4,
} as const

/** No category, or an unknown day. */
export const UNKNOWN_U16 = 0xffff

/** Milliseconds since the epoch of 2000-01-01T00:00Z, day 0 of `createdDay`. */
export const DAY_ZERO_MS = 946_684_800_000

export const DAY_MS = 86_400_000

/**
 * The volatile part of a cell: what ranking and filters read. One entry per item, in cell order.
 * Behaviour columns are 8-bit quantiles on a logarithmic rank scale (255 the best, 1 the last, 0 unknown), so that the few items most people see stay apart.
 */
export type ColumnCell = {
  readonly itemNos: Uint32Array
  readonly orderCrc: number
  readonly popularity: Uint8Array
  readonly trending: Uint8Array
  readonly clickRate: Uint8Array
  readonly conversionRate: Uint8Array
  readonly quality: Uint8Array
  /** `ITEM_FLAG` bits. */
  readonly flags: Uint8Array
  /** Index into the dictionary's categories, 65535 none. */
  readonly category: Uint16Array
  /** Days since 2000-01-01, 65535 unknown. */
  readonly createdDay: Uint16Array
  /** Major currency units, NaN unknown. */
  readonly price: Float32Array
  /** Tags of item i are `tags[tagOffsets[i] … tagOffsets[i + 1] - 1]`, at most 8, indices into the dictionary's tags. */
  readonly tagOffsets: Uint32Array
  readonly tags: Uint16Array
  /** Beta prior of the click rate: mean = value / 255. */
  readonly priorMean: Uint8Array
  /** Pseudo-observations behind the prior, 0…200. */
  readonly priorStrength: Uint8Array
}

/** Columns of one byte an item. */
export const BYTE_COLUMNS = [
  'popularity',
  'trending',
  'clickRate',
  'conversionRate',
  'quality',
  'flags',
  'priorMean',
  'priorStrength',
] as const

/**
 * Columns object.
 *
 * | section     | content                                                                     |
 * | ----------- | --------------------------------------------------------------------------- |
 * | 1           | {itemCount u32, orderCrc u32}                                               |
 * | 2           | item numbers, varints of differences (`cell-order.ts`)                      |
 * | 16…21       | u8[itemCount] popularity, trending, click rate, conversion rate, quality, flags |
 * | 22, 23      | u16[itemCount] category, created day                                        |
 * | 24          | f32[itemCount] price                                                        |
 * | 25, 26      | u8[itemCount] tag counts, u16[sum] tags                                     |
 * | 27, 28      | u8[itemCount] prior mean, prior strength                                    |
 */
export function encodeColumns(cell: ColumnCell): Uint8Array {
  const count = cell.itemNos.length
  checkCellItems(count)
  const itemNos = encodeItemNos(cell.itemNos)
  const header = new DataView(new ArrayBuffer(8))
  header.setUint32(0, count, true)
  header.setUint32(4, crc32(itemNos), true)
  const tagCounts = new Uint8Array(count)
  for (let i = 0; i < count; i++) tagCounts[i] = checkedTags(cell.tagOffsets[i + 1] - cell.tagOffsets[i])
  const sections = new Map<number, Uint8Array>([
    [SECTION.header, new Uint8Array(header.buffer)],
    [SECTION.itemNos, itemNos],
    [SECTION.category, bytesOf(cell.category)],
    [SECTION.createdDay, bytesOf(cell.createdDay)],
    [SECTION.price, bytesOf(cell.price)],
    [SECTION.tagCounts, tagCounts],
    [SECTION.tags, bytesOf(cell.tags)],
  ])
  for (const name of BYTE_COLUMNS) sections.set(SECTION[name], cell[name])
  return encodeObject(OBJECT_KIND.columns, sections)
}

/** Reads a columns object; byte columns share the file's memory. @throws RecError `shard-malformed` */
export function decodeColumns(bytes: Uint8Array): ColumnCell {
  const sections = decodeObject(bytes, OBJECT_KIND.columns)
  const head = requireSection(sections, SECTION.header)
  if (head.length !== 8) throw new RecError('shard-malformed', 'a wrong columns header', { sizeBytes: head.length })
  const view = new DataView(head.buffer, head.byteOffset, 8)
  const count = view.getUint32(0, true)
  checkCellItems(count)
  const crc = view.getUint32(4, true)
  const itemNoBytes = requireSection(sections, SECTION.itemNos)
  if (crc32(itemNoBytes) !== crc) throw new RecError('shard-malformed', 'the order of a cell does not fit its checksum')
  const tagCounts = byteColumn(sections, SECTION.tagCounts, count)
  const tagOffsets = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) tagOffsets[i + 1] = tagOffsets[i] + checkedTags(tagCounts[i])
  return {
    itemNos: decodeItemNos(itemNoBytes, count),
    orderCrc: crc,
    popularity: byteColumn(sections, SECTION.popularity, count),
    trending: byteColumn(sections, SECTION.trending, count),
    clickRate: byteColumn(sections, SECTION.clickRate, count),
    conversionRate: byteColumn(sections, SECTION.conversionRate, count),
    quality: byteColumn(sections, SECTION.quality, count),
    flags: byteColumn(sections, SECTION.flags, count),
    priorMean: byteColumn(sections, SECTION.priorMean, count),
    priorStrength: byteColumn(sections, SECTION.priorStrength, count),
    category: new Uint16Array(wordBuffer(sections, SECTION.category, count, 2)),
    createdDay: new Uint16Array(wordBuffer(sections, SECTION.createdDay, count, 2)),
    price: new Float32Array(wordBuffer(sections, SECTION.price, count, 4)),
    tagOffsets,
    tags: new Uint16Array(wordBuffer(sections, SECTION.tags, tagOffsets[count], 2)),
  }
}

function checkedTags(tags: number): number {
  if (!(tags >= 0 && tags <= LIMITS.tagsPerItem))
    throw new RecError('shard-malformed', 'an item has too many tags', { tags })
  return tags
}

function bytesOf(array: Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function byteColumn(sections: Sections, type: number, count: number): Uint8Array {
  const section = requireSection(sections, type)
  if (section.length !== count)
    throw new RecError('shard-malformed', `column ${type} does not fit the cell`, { section: type })
  return section
}

function wordBuffer(sections: Sections, type: number, count: number, width: number): ArrayBuffer {
  const section = requireSection(sections, type)
  if (section.length !== count * width)
    throw new RecError('shard-malformed', `column ${type} does not fit the cell`, { section: type })
  return section.slice().buffer
}
