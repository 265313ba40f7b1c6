import { crc32 } from './crc32.ts'
import { RecError } from './errors.ts'
import { LIMITS } from './limits.ts'

/** Kinds of object files; the numbers are on the wire. Kinds 10 and up keep models next to the data they rank. */
export const OBJECT_KIND = {
  vectors: 1,
  voters: 2,
  columns: 3,
  cards: 4,
  graph: 5,
  shardTable: 6,
  directory: 7,
  gramian: 8,
  patch: 9,
  trees: 10,
} as const

export type ObjectKind = (typeof OBJECT_KIND)[keyof typeof OBJECT_KIND]

/** Sections by type number. Bytes are a view on the file (shared, 16-byte aligned), not a copy. */
export type Sections = ReadonlyMap<number, Uint8Array>

const MAGIC = 0x31465350 // "PSF1", little-endian
const HEADER_BYTES = 8
const ENTRY_BYTES = 16
const ALIGN = 16

const align = (offset: number): number => Math.ceil(offset / ALIGN) * ALIGN

/**
 * Writes an object file, version 1: vectors, voters, columns, cards, graphs and tables share it. Little-endian; sections
 * start at multiples of 16 in table order, types ascend, gaps are zero, and the file ends with its last section. A section's
 * crc32 covers its table entry's type, offset and length, then its bytes, so that no bit of a file is unguarded.
 *
 * | offset | bytes | type  | field                                                   |
 * | ------ | ----- | ----- | ------------------------------------------------------- |
 * | 0      | 4     | ascii | magic `PSF1`                                            |
 * | 4      | 2     | u16   | kind (`OBJECT_KIND`)                                    |
 * | 6      | 2     | u16   | section count s, 1…64                                   |
 * | 8      | 16·s  | table | {type u32, offset u32, length u32, crc32 u32} a section |
 *
 * @param sections - Bytes by section type, written in ascending order of type, so that equal content gives equal bytes.
 * @returns A new buffer.
 * @throws RecError `shard-malformed` when there is no section, too many, or the file would pass the size limit.
 */
export function encodeObject(kind: ObjectKind, sections: Sections): Uint8Array {
  const entries = [...sections].sort(([a], [b]) => a - b)
  if (entries.length === 0 || entries.length > LIMITS.objectSections) {
    throw new RecError('shard-malformed', `an object has 1…${LIMITS.objectSections} sections`, {
      sections: entries.length,
    })
  }
  let end = HEADER_BYTES + ENTRY_BYTES * entries.length
  const offsets = entries.map(([, bytes]) => {
    const start = align(end)
    end = start + bytes.length
    return start
  })
  if (end > LIMITS.objectBytes)
    throw new RecError('shard-malformed', 'an object passes the size limit', { sizeBytes: end })
  const file = new Uint8Array(end)
  const view = new DataView(file.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, kind, true)
  view.setUint16(6, entries.length, true)
  entries.forEach(([type, bytes], i) => {
    const at = HEADER_BYTES + ENTRY_BYTES * i
    const offset = offsets[i] ?? 0
    view.setUint32(at, type, true)
    view.setUint32(at + 4, offset, true)
    view.setUint32(at + 8, bytes.length, true)
    view.setUint32(at + 12, crc32(bytes, crc32(file.subarray(at, at + 12))), true)
    file.set(bytes, offset)
  })
  return file
}

/**
 * Reads an object file and checks all of it: magic, kind, table, alignment, order, gaps, checksums, and that nothing trails;
 * `encodeObject` of the result is the file again.
 * @param bytes - The whole file. The result shares its memory unless the view is unaligned, when it is copied once.
 * @returns Sections by type, plain Uint8Arrays even of a Node Buffer; unknown types are kept, for readers to skip.
 * @throws RecError `shard-malformed`, or `shard-version` when the magic is of another version.
 */
export function decodeObject(bytes: Uint8Array, kind: ObjectKind): Sections {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) // a Buffer's slice() would not copy
  const file = plain.byteOffset % ALIGN === 0 ? plain : plain.slice()
  const count = readHeader(file, kind)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const sections = new Map<number, Uint8Array>()
  let end = HEADER_BYTES + ENTRY_BYTES * count
  let last = -1
  if (file.length < end) throw malformed('the section table is cut', file)
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES + ENTRY_BYTES * i
    const type = view.getUint32(at, true)
    const offset = view.getUint32(at + 4, true)
    const length = view.getUint32(at + 8, true)
    if (offset !== align(end)) throw malformed('a section does not follow the one before', file)
    if (offset + length > file.length) throw malformed('a section is cut', file)
    for (let gap = end; gap < offset; gap++) if (file[gap] !== 0) throw malformed('a gap is not zero', file)
    const section = file.subarray(offset, offset + length)
    if (crc32(section, crc32(file.subarray(at, at + 12))) !== view.getUint32(at + 12, true))
      throw malformed('a section has a wrong checksum', file)
    if (type <= last) throw malformed('section types do not ascend', file)
    last = type
    sections.set(type, section)
    end = offset + length
  }
  if (end !== file.length) throw malformed('bytes trail the last section', file)
  return sections
}

function readHeader(file: Uint8Array, kind: ObjectKind): number {
  if (file.length < HEADER_BYTES) throw malformed('shorter than a header', file)
  if (file.length > LIMITS.objectBytes) throw malformed('larger than an object may be', file)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const magic = view.getUint32(0, true)
  if ((magic & 0xffffff) === (MAGIC & 0xffffff) && magic !== MAGIC) {
    throw new RecError('shard-version', 'an object of another format version', { magic })
  }
  if (magic !== MAGIC) throw malformed('not an object file', file)
  if (view.getUint16(4, true) !== kind) throw malformed(`not of kind ${kind}`, file)
  const count = view.getUint16(6, true)
  if (count === 0 || count > LIMITS.objectSections) throw malformed('a wrong number of sections', file)
  return count
}

/** The error of a reader that met bytes it cannot accept. */
export function malformed(message: string, file: { readonly length: number }): RecError {
  return new RecError('shard-malformed', message, { sizeBytes: file.length })
}

/**
 * A section that must be there.
 * @throws RecError `shard-malformed` when it is absent.
 */
export function requireSection(sections: Sections, type: number): Uint8Array {
  const section = sections.get(type)
  if (section === undefined) throw new RecError('shard-malformed', `section ${type} is missing`, { section: type })
  return section
}
