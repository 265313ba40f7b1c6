import { checkCellItems } from './cell-order.ts'
import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'

const SECTION = { header: 1, quantised: 2 } as const

/** Dimensions of a space, at most. */
const MAX_DIM = 512

/** The int8 vectors of one cell in one space. Row i belongs to the cell's i-th item; value = q · scales[dimension] of the space. */
export type VectorCell = {
  readonly itemCount: number
  readonly dim: number
  readonly orderCrc: number
  /** Row-major, itemCount × dim, -127…127. */
  readonly quantised: Int8Array
}

/**
 * Vectors object.
 *
 * | section | content                                                     |
 * | ------- | ----------------------------------------------------------- |
 * | 1       | {itemCount u32, dim u32, orderCrc u32}                      |
 * | 2       | i8[itemCount · dim], row-major                              |
 */
export function encodeVectors(cell: VectorCell): Uint8Array {
  checkCellItems(cell.itemCount)
  const header = new DataView(new ArrayBuffer(12))
  header.setUint32(0, cell.itemCount, true)
  header.setUint32(4, cell.dim, true)
  header.setUint32(8, cell.orderCrc, true)
  const { quantised } = cell
  return encodeObject(
    OBJECT_KIND.vectors,
    new Map([
      [SECTION.header, new Uint8Array(header.buffer)],
      [SECTION.quantised, new Uint8Array(quantised.buffer, quantised.byteOffset, quantised.byteLength)],
    ]),
  )
}

/** Reads a vectors object; `quantised` shares the file's memory. @throws RecError `shard-malformed` */
export function decodeVectors(bytes: Uint8Array): VectorCell {
  const sections = decodeObject(bytes, OBJECT_KIND.vectors)
  const head = requireSection(sections, SECTION.header)
  if (head.length !== 12) throw new RecError('shard-malformed', 'a wrong vectors header', { sizeBytes: head.length })
  const view = new DataView(head.buffer, head.byteOffset, 12)
  const itemCount = view.getUint32(0, true)
  const dim = view.getUint32(4, true)
  const body = requireSection(sections, SECTION.quantised)
  checkCellItems(itemCount)
  if (dim < 1 || dim > MAX_DIM || body.length !== itemCount * dim)
    throw new RecError('shard-malformed', 'vectors do not fit their header', { sizeBytes: body.length })
  return {
    itemCount,
    dim,
    orderCrc: view.getUint32(8, true),
    quantised: new Int8Array(body.buffer, body.byteOffset, body.length),
  }
}

/**
 * Rounds vectors to the int8 grid of their space: q = round(value / scale), clipped to ±127.
 * @param values - Row-major, n × scales.length.
 * @param scales - Positive step per dimension.
 */
export function quantise(values: Float32Array, scales: Float32Array): Int8Array {
  const dim = scales.length
  const out = new Int8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const q = Math.round(values[i] / scales[i % dim])
    out[i] = q > 127 ? 127 : Math.max(q, -127)
  }
  return out
}

/** The float value of quantised rows: fround(q · scale), row-major; what every side computes with. */
export function dequantise(quantised: Int8Array, scales: Float32Array): Float32Array {
  const dim = scales.length
  const out = new Float32Array(quantised.length)
  for (let i = 0; i < out.length; i++) out[i] = quantised[i] * scales[i % dim]
  return out
}

/** A query in integers, so that every engine, SIMD or not, computes the same scores. */
export type IntegerQuery = {
  /** dim values, -32767…32767. */
  readonly values: Int16Array
  /** score = fround(integer dot product · step). */
  readonly step: number
}

/**
 * Folds the space's scales into a user vector and rounds it to 15 bits and a sign.
 * The integer dot product with an int8 row is below 2^31 for dim ≤ 512, so i32 sums are exact in any order. Against the product
 * of `user` with the dequantised row q a score is off by at most step / 2 · Σ|q|, beside the rounding to single precision.
 */
export function integerQuery(user: Float32Array, scales: Float32Array): IntegerQuery {
  let largest = 0
  for (let d = 0; d < scales.length; d++) {
    const size = Math.abs(user[d] * scales[d])
    if (size > largest) largest = size
  }
  const values = new Int16Array(scales.length)
  if (largest === 0) return { values, step: 0 }
  const step = largest / 32767
  for (let d = 0; d < scales.length; d++) values[d] = Math.round((user[d] * scales[d]) / step)
  return { values, step }
}
