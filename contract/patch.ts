import { orderCrc } from './cell-order.ts'
import { BYTE_COLUMNS, type ColumnCell, decodeColumns, encodeColumns } from './columns.ts'
import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'
import { decodeVectors, encodeVectors, type VectorCell } from './vectors.ts'
import { decodeVoters, encodeVoters, type VoterCell } from './voters.ts'

const SECTION = { header: 1, voters: 2, columns: 3, vectors: 16 } as const

/** What is searched and ranked of some items: vectors of each space, voters and columns, all in the order of `columns.itemNos`. */
export type CellParts = {
  readonly vectors: readonly VectorCell[]
  readonly voters: VoterCell
  readonly columns: ColumnCell
}

/** Newer rows of some items of one cell, whose own objects keep their bytes and names. */
export type CellPatch = {
  /** Of the cell that it belongs to. */
  readonly baseCrc: number
  readonly parts: CellParts
}

/**
 * Patch object: what an incremental build has learnt anew of some items of a cell. The shard table names the cell's objects and the patch in one
 * row, so that a device cannot put it on other bytes.
 *
 * | section | content                                                                        |
 * | ------- | ------------------------------------------------------------------------------ |
 * | 1       | {orderCrc of the cell u32}                                                     |
 * | 2       | voters object of the changed items; its weight step is the cell's              |
 * | 3       | columns object of the changed items                                            |
 * | 16 + s  | vectors object of the changed items in space s, on the grid of the space       |
 */
export function encodePatch({ baseCrc, parts }: CellPatch): Uint8Array {
  const header = new DataView(new ArrayBuffer(4))
  header.setUint32(0, baseCrc, true)
  return encodeObject(
    OBJECT_KIND.patch,
    new Map([
      [SECTION.header, new Uint8Array(header.buffer)],
      [SECTION.voters, encodeVoters(parts.voters)],
      [SECTION.columns, encodeColumns(parts.columns)],
      ...parts.vectors.map((cell, space) => [SECTION.vectors + space, encodeVectors(cell)] as const),
    ]),
  )
}

/** Reads a patch object; its parts are of the same items. @throws RecError `shard-malformed` */
export function decodePatch(bytes: Uint8Array): CellPatch {
  const sections = decodeObject(bytes, OBJECT_KIND.patch)
  const head = requireSection(sections, SECTION.header)
  if (head.length !== 4) throw new RecError('shard-malformed', 'a wrong patch header', { sizeBytes: head.length })
  const vectors = [decodeVectors(requireSection(sections, SECTION.vectors))]
  for (;;) {
    const section = sections.get(SECTION.vectors + vectors.length)
    if (section === undefined) break
    vectors.push(decodeVectors(section))
  }
  const parts = {
    vectors,
    voters: decodeVoters(requireSection(sections, SECTION.voters)),
    columns: decodeColumns(requireSection(sections, SECTION.columns)),
  }
  checkParts(parts)
  return { baseCrc: new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true), parts }
}

function checkParts({ vectors, voters, columns }: CellParts): void {
  const count = columns.itemNos.length
  for (const { itemCount, orderCrc: crc } of [voters, ...vectors])
    if (itemCount !== count || crc !== columns.orderCrc)
      throw new RecError('shard-malformed', 'the parts of a patch are of different items', { itemCount, count })
}

/** A cell's rows with those of its patch in their places; new memory. @throws RecError `shard-malformed` when the patch is of another cell. */
export function applyPatch(base: CellParts, { baseCrc, parts }: CellPatch): CellParts {
  const { itemNos, orderCrc: crc } = base.columns
  const picks = pickItems(itemNos, parts.columns.itemNos)
  if (baseCrc !== crc || picks.length !== itemNos.length)
    throw new RecError('shard-malformed', 'a patch is of another cell', { rows: parts.columns.itemNos.length })
  return mergeRows(picks, base, { over: parts, crc })
}

/** The items of both, ascending; rows of `over` win. @throws RecError `shard-malformed` when spaces or weight steps differ. */
export function mergeParts(base: CellParts, over: CellParts): CellParts {
  const [a, b] = [base.columns.itemNos, over.columns.itemNos]
  const picks = pickItems(a, b)
  return mergeRows(picks, base, { over, crc: orderCrc(merge(picks, a, b, new Uint32Array(picks.length))) })
}

type Over = { readonly over: CellParts; readonly crc: number }

function mergeRows(picks: Int32Array, base: CellParts, { over, crc }: Over): CellParts {
  const columns = { ...mergeColumns(picks, base.columns, over.columns), orderCrc: crc }
  const itemCount = picks.length
  const vectors = base.vectors.map(({ dim, quantised }, space): VectorCell => {
    const other = over.vectors[space]
    if (other?.dim !== dim) throw new RecError('shard-malformed', 'a patch is of other spaces', { dim })
    const rows = merge(picks, quantised, other.quantised, new Int8Array(itemCount * dim))
    return { itemCount, dim, orderCrc: crc, quantised: rows }
  })
  const weightStep = sharedStep(base.voters, over.voters)
  const { offsets, entries } = mergeLists(picks, base.voters.offsets, over.voters.offsets)
  const source = merge(entries, base.voters.source, over.voters.source, new Uint32Array(entries.length))
  const weights = merge(entries, base.voters.weights, over.voters.weights, new Int8Array(entries.length))
  return { vectors, columns, voters: { itemCount, orderCrc: crc, weightStep, offsets, source, weights } }
}

/** A cell without voters has no step of its own. */
function sharedStep(base: VoterCell, over: VoterCell): number {
  if (base.weights.length === 0) return over.weightStep
  if (over.weights.length === 0 || over.weightStep === base.weightStep) return base.weightStep
  throw new RecError('shard-malformed', 'a patch has another step of voter weights')
}

function mergeColumns(picks: Int32Array, base: ColumnCell, over: ColumnCell): ColumnCell {
  const count = picks.length
  const { offsets: tagOffsets, entries } = mergeLists(picks, base.tagOffsets, over.tagOffsets)
  const out = {
    ...base,
    itemNos: merge(picks, base.itemNos, over.itemNos, new Uint32Array(count)),
    category: merge(picks, base.category, over.category, new Uint16Array(count)),
    createdDay: merge(picks, base.createdDay, over.createdDay, new Uint16Array(count)),
    price: merge(picks, base.price, over.price, new Float32Array(count)),
    tagOffsets,
    tags: merge(entries, base.tags, over.tags, new Uint16Array(entries.length)),
  }
  for (const name of BYTE_COLUMNS) out[name] = merge(picks, base[name], over[name], new Uint8Array(count))
  return out
}

/** For each item of the union its row: of the base, or -1 - row of `over`. */
function pickItems(base: Uint32Array, over: Uint32Array): Int32Array {
  const picks: number[] = []
  let b = 0
  for (let o = 0; o < over.length; o++) {
    while (b < base.length && base[b] < over[o]) picks.push(b++)
    if (base[b] === over[o]) b++
    picks.push(-1 - o)
  }
  while (b < base.length) picks.push(b++)
  return Int32Array.from(picks)
}

type Rows = Int8Array | Uint8Array | Uint16Array | Uint32Array | Float32Array

function merge<T extends Rows>(picks: Int32Array, base: T, over: T, out: T): T {
  const width = out.length / Math.max(1, picks.length)
  for (let i = 0; i < picks.length; i++) {
    const pick = picks[i]
    const from = pick < 0 ? over : base
    const row = (pick < 0 ? -1 - pick : pick) * width
    for (let d = 0; d < width; d++) out[i * width + d] = from[row + d]
  }
  return out
}

/** The lists of picked rows one after the other, and the entries that they are made of. */
function mergeLists(picks: Int32Array, base: Uint32Array, over: Uint32Array) {
  const offsets = new Uint32Array(picks.length + 1)
  const entries: number[] = []
  picks.forEach((pick, i) => {
    const row = pick < 0 ? -1 - pick : pick
    const from = pick < 0 ? over : base
    for (let k = from[row]; k < from[row + 1]; k++) entries.push(pick < 0 ? -1 - k : k)
    offsets[i + 1] = entries.length
  })
  return { offsets, entries: Int32Array.from(entries) }
}
