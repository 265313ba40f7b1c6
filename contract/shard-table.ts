import { checkCellItems } from './cell-order.ts'
import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'

const SECTION = {
  header: 1,
  cells: 2,
  hashes: 3,
  sizes: 4,
  centroids: 5,
  graphHashes: 6,
  graphSizes: 7,
  patchHashes: 8,
  patchSizes: 9,
} as const

const HASH_BYTES = 32
const CELL_BYTES = 12

/** What a cell is: a slice of the head (most popular items, in order), a k-means cell, or what was added since the last full build. */
export const CELL_ROLE = { head: 0, cell: 1, fresh: 2 } as const

export type CellRole = (typeof CELL_ROLE)[keyof typeof CELL_ROLE]

/** Objects of one cell by name: `vectors` of each space, `voters`, `columns`, `cards` of each locale, and a `patch` where some rows are newer. */
export type CellObjects = {
  readonly vectors: readonly ObjectRef[]
  readonly voters: ObjectRef
  readonly columns: ObjectRef
  readonly cards: readonly ObjectRef[]
  readonly patch?: ObjectRef
}

/** Every object of a cell that a device reads. @param locale - Index of the cards' locale; all locales where absent. */
export function cellRefs({ vectors, voters, columns, cards, patch }: CellObjects, locale?: number): ObjectRef[] {
  const shown = locale === undefined ? cards : cards.slice(locale, locale + 1)
  return [...vectors, voters, columns, ...shown, ...(patch === undefined ? [] : [patch])]
}

/** An immutable object: its SHA-256 in lower-case hex and its size in bytes before any content encoding. */
export type ObjectRef = { readonly hash: string; readonly sizeBytes: number }

export type CellEntry = {
  readonly role: CellRole
  readonly itemCount: number
  /** Public popularity of the cell, 0…65535, the most popular cell 65535; decoys are drawn by it. */
  readonly popularity: number
  /** Index of the graph group that searches the cell, or -1. */
  readonly group: number
  readonly objects: CellObjects
}

/**
 * All cells of a release. Items belong to exactly one cell: the head's items are in no k-means cell.
 * Cells stand in the public fetch order: head slices first, then by falling popularity.
 */
export type ShardTable = {
  readonly spaceCount: number
  readonly localeCount: number
  readonly dim: number
  readonly cells: readonly CellEntry[]
  /** What stands for each cell in the first space, on its grid, row-major cells × dim: the direction of its items, as long as its longer ones. */
  readonly centroids: Int8Array
  /** HNSW graphs; a group's items are those of its cells, in table order. */
  readonly graphs: readonly ObjectRef[]
}

/**
 * Shard table object. Refs of a cell stand in the order vectors of each space, voters, columns, cards of each locale.
 *
 * | section | content                                                                                 |
 * | ------- | --------------------------------------------------------------------------------------- |
 * | 1       | {cells u32, spaces u32, locales u32, dim u32, graphs u32}                               |
 * | 2       | cells × {itemCount u32, popularity u16, group u16 (65535 none), role u8, 3 zero bytes}  |
 * | 3, 4    | cells × refs × 32-byte SHA-256, u32 sizes                                               |
 * | 5       | i8[cells · dim]                                                                         |
 * | 6, 7    | graphs × 32-byte SHA-256, u32 sizes                                                     |
 * | 8, 9    | cells × 32-byte SHA-256, u32 sizes of patches, zeros where a cell has none; absent where no cell has one, skipped by readers that know none |
 */
export function encodeShardTable(table: ShardTable): Uint8Array {
  const cells = new DataView(new ArrayBuffer(table.cells.length * CELL_BYTES))
  table.cells.forEach((cell, i) => {
    cells.setUint32(i * CELL_BYTES, cell.itemCount, true)
    cells.setUint16(i * CELL_BYTES + 4, cell.popularity, true)
    cells.setUint16(i * CELL_BYTES + 6, cell.group < 0 ? 0xffff : cell.group, true)
    cells.setUint8(i * CELL_BYTES + 8, cell.role)
  })
  const refs = table.cells.flatMap(({ objects: { vectors, voters, columns, cards } }) =>
    cellRefs({ vectors, voters, columns, cards }),
  )
  const header = new Uint32Array([
    table.cells.length,
    table.spaceCount,
    table.localeCount,
    table.dim,
    table.graphs.length,
  ])
  const bytes = (array: Uint32Array | Int8Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  const sizes = (of: readonly ObjectRef[]) => bytes(Uint32Array.from(of, (ref) => ref.sizeBytes))
  const patches = table.cells.map(({ objects }) => objects.patch ?? NO_OBJECT)
  const isPatched = patches.some(({ sizeBytes }) => sizeBytes > 0)
  return encodeObject(
    OBJECT_KIND.shardTable,
    new Map([
      [SECTION.header, bytes(header)],
      [SECTION.cells, new Uint8Array(cells.buffer)],
      [SECTION.hashes, packHashes(refs)],
      [SECTION.sizes, sizes(refs)],
      [SECTION.centroids, bytes(table.centroids)],
      [SECTION.graphHashes, packHashes(table.graphs)],
      [SECTION.graphSizes, sizes(table.graphs)],
      ...(isPatched
        ? ([
            [SECTION.patchHashes, packHashes(patches)],
            [SECTION.patchSizes, sizes(patches)],
          ] as const)
        : []),
    ]),
  )
}

const NO_OBJECT: ObjectRef = { hash: '0'.repeat(HASH_BYTES * 2), sizeBytes: 0 }

/** Reads a shard table. @throws RecError `shard-malformed` */
export function decodeShardTable(file: Uint8Array): ShardTable {
  const sections = decodeObject(file, OBJECT_KIND.shardTable)
  const sized = (type: number, length: number): Uint8Array => {
    const section = requireSection(sections, type)
    if (section.length !== length)
      throw new RecError('shard-malformed', 'a shard table does not fit its header', { section: type })
    return section
  }
  const head = sized(SECTION.header, 20).slice()
  const [cellCount = 0, spaceCount = 0, localeCount = 0, dim = 0, graphCount = 0] = new Uint32Array(head.buffer)
  const perCell = spaceCount + 2 + localeCount
  if (spaceCount > 8 || localeCount > 64 || dim > 512)
    throw new RecError('shard-malformed', 'an unlikely shard table', { spaceCount, localeCount, dim })
  const refs = unpackRefs(
    sized(SECTION.hashes, cellCount * perCell * HASH_BYTES),
    sized(SECTION.sizes, cellCount * perCell * 4),
  )
  const patches =
    sections.has(SECTION.patchHashes) || sections.has(SECTION.patchSizes)
      ? unpackRefs(sized(SECTION.patchHashes, cellCount * HASH_BYTES), sized(SECTION.patchSizes, cellCount * 4))
      : []
  const cellBytes = sized(SECTION.cells, cellCount * CELL_BYTES)
  const view = new DataView(cellBytes.buffer, cellBytes.byteOffset, cellBytes.length)
  const cells = Array.from({ length: cellCount }, (_, i): CellEntry => {
    const own = refs.slice(i * perCell, (i + 1) * perCell)
    const [voters, columns] = own.slice(spaceCount, spaceCount + 2)
    if (voters === undefined || columns === undefined)
      throw new RecError('shard-malformed', 'a cell has no objects', { cell: i })
    const objects = { vectors: own.slice(0, spaceCount), voters, columns, cards: own.slice(spaceCount + 2) }
    const patch = patches[i] ?? NO_OBJECT
    return {
      ...readCell(view, i * CELL_BYTES, graphCount),
      objects: patch.sizeBytes > 0 ? { ...objects, patch } : objects,
    }
  })
  const centroids = sized(SECTION.centroids, cellCount * dim).slice()
  return {
    spaceCount,
    localeCount,
    dim,
    cells,
    centroids: new Int8Array(centroids.buffer),
    graphs: unpackRefs(sized(SECTION.graphHashes, graphCount * HASH_BYTES), sized(SECTION.graphSizes, graphCount * 4)),
  }
}

function readCell(view: DataView, at: number, graphCount: number): Omit<CellEntry, 'objects'> {
  const itemCount = view.getUint32(at, true)
  checkCellItems(itemCount)
  const group = view.getUint16(at + 6, true)
  const role = view.getUint8(at + 8)
  if (role > CELL_ROLE.fresh || (group !== 0xffff && group >= graphCount))
    throw new RecError('shard-malformed', 'a cell has a wrong role or group', { role, group })
  if (view.getUint8(at + 9) !== 0 || view.getUint16(at + 10, true) !== 0)
    throw new RecError('shard-malformed', 'a cell has bytes where zeros stand')
  return {
    role: role as CellRole, // checked above
    itemCount,
    popularity: view.getUint16(at + 4, true),
    group: group === 0xffff ? -1 : group,
  }
}

function packHashes(refs: readonly ObjectRef[]): Uint8Array {
  const out = new Uint8Array(refs.length * HASH_BYTES)
  refs.forEach((ref, i) => {
    for (let b = 0; b < HASH_BYTES; b++) out[i * HASH_BYTES + b] = Number.parseInt(ref.hash.slice(b * 2, b * 2 + 2), 16)
  })
  return out
}

function unpackRefs(hashes: Uint8Array, sizes: Uint8Array): ObjectRef[] {
  const view = new DataView(sizes.buffer, sizes.byteOffset, sizes.length)
  return Array.from({ length: sizes.length / 4 }, (_, i) => ({
    hash: toHex(hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
    sizeBytes: view.getUint32(i * 4, true),
  }))
}

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
