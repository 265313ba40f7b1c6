import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const SECTION = { header: 1, hashLow: 2, hashHigh: 3, itemNos: 4, cells: 5 } as const

/** Items of a directory slice at least, where the catalogue has as many: fetching one says little about which item was wanted. */
export const DIRECTORY_SLICE_ITEMS = 4_096

/** Bits of the hash by which slices are cut. */
export const PREFIX_BITS = 16

/** 64 bits of a text, as two unsigned halves. */
export type TextHash = { readonly high: number; readonly low: number }

/** Where an item lives. */
export type DirectoryEntry = { readonly itemNo: number; readonly cell: number }

/** An item on its way into the directory. */
export type DirectoryItem = DirectoryEntry & { readonly id: string }

/**
 * MurmurHash3 x86 finalisers over two 32-bit lanes of FNV-1a of the UTF-8 bytes, mixed into each other: pure 32-bit arithmetic, alike on
 * every engine. It spreads ids over slices and is no secret.
 */
export function hashId(id: string): TextHash {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (const byte of new TextEncoder().encode(id)) {
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x5bd1e995)
    high ^= high >>> 15
  }
  low = mix(low ^ Math.imul(high, 0x9e3779b1))
  high = mix(high ^ low)
  return { high: high >>> 0, low: mix(low ^ high) >>> 0 }
}

function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The part of a hash that chooses the slice, 0…65535. */
export function prefixOf({ high }: TextHash): number {
  return high >>> (32 - PREFIX_BITS)
}

/**
 * Cuts items into slices by falling of their hash into ranges of prefixes; each has at least `DIRECTORY_SLICE_ITEMS` items, unless there
 * are fewer in all.
 * @returns Slices by ascending `prefixEnd` (exclusive, the last is 65536); items of a slice in no particular order.
 */
export function cutDirectory(
  items: readonly DirectoryItem[],
): readonly { readonly prefixEnd: number; readonly items: readonly DirectoryItem[] }[] {
  const sorted = items
    .map((item) => ({ item, prefix: prefixOf(hashId(item.id)) }))
    .sort((a, b) => a.prefix - b.prefix || a.item.itemNo - b.item.itemNo)
  const slices: { prefixEnd: number; items: DirectoryItem[] }[] = []
  let open: DirectoryItem[] = []
  sorted.forEach(({ item, prefix }, i) => {
    open.push(item)
    const next = sorted[i + 1]
    const left = sorted.length - i - 1
    if (
      next === undefined ||
      (open.length >= DIRECTORY_SLICE_ITEMS && left >= DIRECTORY_SLICE_ITEMS && next.prefix > prefix)
    ) {
      slices.push({ prefixEnd: next === undefined ? 2 ** PREFIX_BITS : prefix + 1, items: open })
      open = []
    }
  })
  return slices
}

/** Index of the slice that holds an id's hash, or -1 when there are none. */
export function sliceOf(slices: readonly { readonly prefixEnd: number }[], hash: TextHash): number {
  const prefix = prefixOf(hash)
  return slices.findIndex(({ prefixEnd }) => prefix < prefixEnd)
}

/**
 * Directory object: one slice, by ascending hash.
 *
 * | section | content                                            |
 * | ------- | -------------------------------------------------- |
 * | 1       | {items u32}                                        |
 * | 2, 3    | u32[items] low and high half of the id's hash      |
 * | 4       | varint[items] itemNo                               |
 * | 5       | varint[items] index of the cell in the shard table |
 *
 * @throws RecError `shard-malformed` when two ids share all 64 bits; the build must then say so.
 */
export function encodeDirectory(items: readonly DirectoryItem[]): Uint8Array {
  const sorted = items
    .map((item) => ({ ...item, hash: hashId(item.id) }))
    .sort((a, b) => a.hash.high - b.hash.high || a.hash.low - b.hash.low)
  const low = new DataView(new ArrayBuffer(sorted.length * 4))
  const high = new DataView(new ArrayBuffer(sorted.length * 4))
  const itemNos = new VarintWriter()
  const cells = new VarintWriter()
  sorted.forEach(({ hash, itemNo, cell }, i) => {
    const before = sorted[i - 1]?.hash
    if (before?.high === hash.high && before.low === hash.low)
      throw new RecError('shard-malformed', 'two ids of a directory share a hash', { items: sorted.length })
    low.setUint32(i * 4, hash.low, true)
    high.setUint32(i * 4, hash.high, true)
    itemNos.write(itemNo)
    cells.write(cell)
  })
  return encodeObject(
    OBJECT_KIND.directory,
    new Map([
      [SECTION.header, new Uint8Array(Uint32Array.of(sorted.length).buffer)],
      [SECTION.hashLow, new Uint8Array(low.buffer)],
      [SECTION.hashHigh, new Uint8Array(high.buffer)],
      [SECTION.itemNos, itemNos.finish()],
      [SECTION.cells, cells.finish()],
    ]),
  )
}

/** One decoded slice. */
export type DirectorySlice = {
  readonly itemCount: number
  /** Where the item with this id lives, or null; a foreign id is mistaken for a known one with a chance of items / 2^64. */
  lookup(id: string): DirectoryEntry | null
}

/** Reads a directory object into memory of its own. @throws RecError `shard-malformed` */
export function decodeDirectory(file: Uint8Array): DirectorySlice {
  const sections = decodeObject(file, OBJECT_KIND.directory)
  const sized = (type: number, length: number): Uint8Array => {
    const section = requireSection(sections, type)
    if (section.length !== length)
      throw new RecError('shard-malformed', 'a directory does not fit its header', { section: type })
    return section.slice()
  }
  const [itemCount = 0] = new Uint32Array(sized(SECTION.header, 4).buffer)
  const low = new Uint32Array(sized(SECTION.hashLow, itemCount * 4).buffer)
  const high = new Uint32Array(sized(SECTION.hashHigh, itemCount * 4).buffer)
  const itemNos = readAll(requireSection(sections, SECTION.itemNos), itemCount)
  const cells = readAll(requireSection(sections, SECTION.cells), itemCount)
  for (let i = 1; i < itemCount; i++)
    if (high[i] < high[i - 1] || (high[i] === high[i - 1] && low[i] <= low[i - 1]))
      throw new RecError('shard-malformed', 'hashes of a directory ascend strictly', { itemCount })
  return {
    itemCount,
    lookup: (id) => {
      const at = findHash(high, low, hashId(id))
      return at < 0 ? null : { itemNo: itemNos[at], cell: cells[at] }
    },
  }
}

function readAll(bytes: Uint8Array, count: number): Uint32Array {
  const reader = new VarintReader(bytes)
  if (count > bytes.length) throw new RecError('shard-malformed', 'a directory is cut', { itemCount: count })
  const values = new Uint32Array(count)
  for (let i = 0; i < count; i++) values[i] = reader.read()
  reader.end()
  return values
}

function findHash(high: Uint32Array, low: Uint32Array, hash: TextHash): number {
  let from = 0
  let to = high.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (high[middle] < hash.high || (high[middle] === hash.high && low[middle] < hash.low)) from = middle + 1
    else to = middle
  }
  return from < high.length && high[from] === hash.high && low[from] === hash.low ? from : -1
}
