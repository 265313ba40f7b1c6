import { RecError } from './errors.ts'
import { decodeObject, encodeObject, OBJECT_KIND, requireSection } from './object-file.ts'

const SECTION = { header: 1, packed: 2 } as const

/** Σ v·vᵀ over all dequantised items of a space, lower triangle by rows: entry (r, c ≤ r) is packed[r·(r+1)/2 + c]. */
export type Gramian = { readonly dim: number; readonly packed: Float32Array }

/**
 * Gramian object.
 *
 * | section | content                        |
 * | ------- | ------------------------------ |
 * | 1       | {dim u32}                      |
 * | 2       | f32[dim · (dim + 1) / 2]       |
 */
export function encodeGramian(gramian: Gramian): Uint8Array {
  const header = new Uint8Array(new Uint32Array([gramian.dim]).buffer)
  const { packed } = gramian
  return encodeObject(
    OBJECT_KIND.gramian,
    new Map([
      [SECTION.header, header],
      [SECTION.packed, new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength)],
    ]),
  )
}

/** Reads a Gramian object into memory of its own. @throws RecError `shard-malformed` */
export function decodeGramian(bytes: Uint8Array): Gramian {
  const sections = decodeObject(bytes, OBJECT_KIND.gramian)
  const head = requireSection(sections, SECTION.header)
  const body = requireSection(sections, SECTION.packed)
  if (head.length !== 4) throw new RecError('shard-malformed', 'a wrong Gramian header')
  const dim = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true)
  if (dim < 1 || dim > 512 || body.length !== dim * (dim + 1) * 2)
    throw new RecError('shard-malformed', 'a Gramian does not fit its header', { dim })
  return { dim, packed: new Float32Array(body.slice().buffer) }
}

/** The Gramian of dequantised rows (row-major, n × dim), summed in double precision in row order. */
export function computeGramian(rows: Float32Array, dim: number): Gramian {
  const sums = new Float64Array((dim * (dim + 1)) / 2)
  for (let row = 0; row + dim <= rows.length; row += dim) {
    let k = 0
    for (let r = 0; r < dim; r++) {
      const value = rows[row + r]
      for (let c = 0; c <= r; c++) sums[k++] += value * rows[row + c]
    }
  }
  return { dim, packed: Float32Array.from(sums) }
}
