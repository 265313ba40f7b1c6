/** Puts byte arrays into one: u32 count, u32 lengths, then the parts, each at a multiple of 16. Little-endian. */
export function packParts(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const align = (at: number): number => Math.ceil(at / 16) * 16
  const first = align(4 + 4 * parts.length)
  const out = new Uint8Array(parts.reduce((end, part) => align(end) + part.length, first))
  const view = new DataView(out.buffer)
  view.setUint32(0, parts.length, true)
  let end = first
  parts.forEach((part, i) => {
    view.setUint32(4 + 4 * i, part.length, true)
    out.set(part, align(end))
    end = align(end) + part.length
  })
  return out
}

/** The parts that `packParts` put together; they share its memory. */
export function unpackParts(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const count = view.getUint32(0, true)
  let end = 4 + 4 * count
  return Array.from({ length: count }, (_, i) => {
    const from = Math.ceil(end / 16) * 16
    end = from + view.getUint32(4 + 4 * i, true)
    return bytes.subarray(from, end)
  })
}
