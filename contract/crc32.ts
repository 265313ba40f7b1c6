/** Eight tables of 256: the k-th advances a byte by k more bytes of zeros. */
const TABLES = /* @__PURE__ */ (() => {
  const tables = new Int32Array(8 * 256)
  for (let n = 0; n < 256; n++) {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    tables[n] = c
  }
  for (let i = 256; i < tables.length; i++) tables[i] = tables[tables[i - 256] & 255] ^ (tables[i - 256] >>> 8)
  return tables
})()

/**
 * CRC-32 (IEEE 802.3, reflected, as in zlib and PNG) of the bytes, as an unsigned 32-bit number. Eight bytes a step
 * (Kounavis & Berry, «Novel table lookup-based algorithms for high-performance CRC generation», 2008).
 * @param before - Checksum of the bytes that stand before these; crc32(b, crc32(a)) is that of a and b in one.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const head = -bytes.byteOffset & 3
  if (bytes.length < head + 8) return ~bytewise(~before, bytes, 0, bytes.length) >>> 0
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, ((bytes.length - head) >>> 3) * 2)
  const tail = head + words.byteLength
  let c = bytewise(~before, bytes, 0, head)
  for (let w = 0; w < words.length; w += 2) {
    const low = c ^ words[w]
    const high = words[w + 1]
    c =
      TABLES[1792 + (low & 255)] ^
      TABLES[1536 + ((low >>> 8) & 255)] ^
      TABLES[1280 + ((low >>> 16) & 255)] ^
      TABLES[1024 + (low >>> 24)] ^
      TABLES[768 + (high & 255)] ^
      TABLES[512 + ((high >>> 8) & 255)] ^
      TABLES[256 + ((high >>> 16) & 255)] ^
      TABLES[high >>> 24]
  }
  return ~bytewise(c, bytes, tail, bytes.length) >>> 0
}

function bytewise(before: number, bytes: Uint8Array, from: number, to: number): number {
  let c = before
  for (let i = from; i < to; i++) c = TABLES[(c ^ bytes[i]) & 255] ^ (c >>> 8)
  return c
}
