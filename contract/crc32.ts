import { CRC32_KERNEL } from './crc32-kernel.ts'

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

/** Bytes from which the kernel is worth being started and called. */
const KERNEL_FROM = 4_096

/**
 * CRC-32 (IEEE 802.3, reflected, as in zlib and PNG) of the bytes, as an unsigned 32-bit number. Eight bytes a step
 * (Kounavis & Berry, «Novel table lookup-based algorithms for high-performance CRC generation», 2008); many bytes in WebAssembly where it runs, which
 * is as quick the first time as ever after.
 * @param before - Checksum of the bytes that stand before these; crc32(b, crc32(a)) is that of a and b in one.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const advance = bytes.length < KERNEL_FROM ? inJavaScript : openKernel()
  return ~advance(~before, bytes) >>> 0
}

type Advance = (before: number, bytes: Uint8Array) => number

let kernel: Advance | null = null

/** The kernel, or plain JavaScript where a policy or the engine refuses it; tried once. */
function openKernel(): Advance {
  try {
    kernel ??= startKernel()
  } catch {
    kernel = inJavaScript
  }
  return kernel
}

/** @throws CompileError, ReferenceError without WebAssembly, RangeError without memory */
function startKernel(): Advance {
  const binary = Uint8Array.from(atob(CRC32_KERNEL), (letter) => letter.charCodeAt(0))
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary))
  const { memory, advance } = exports as unknown as Crc32Kernel // these are its exports, see crc32.as.ts
  new Int32Array(memory.buffer).set(TABLES)
  const room = new Uint8Array(memory.buffer, TABLES.byteLength)
  return (before, bytes) => {
    let c = before
    for (let from = 0; from < bytes.length; from += room.length) {
      const part = bytes.subarray(from, from + room.length)
      room.set(part)
      c = advance(c, room.byteOffset, part.length)
    }
    return c
  }
}

type Crc32Kernel = {
  readonly memory: WebAssembly.Memory
  advance(before: number, at: number, length: number): number
}

/** The same without WebAssembly. */
export function inJavaScript(before: number, bytes: Uint8Array): number {
  const head = -bytes.byteOffset & 3
  if (bytes.length < head + 8) return bytewise(before, bytes, 0, bytes.length)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, ((bytes.length - head) >>> 3) * 2)
  const tail = head + words.byteLength
  let c = bytewise(before, bytes, 0, head)
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
  return bytewise(c, bytes, tail, bytes.length)
}

function bytewise(before: number, bytes: Uint8Array, from: number, to: number): number {
  let c = before
  for (let i = from; i < to; i++) c = TABLES[(c ^ bytes[i]) & 255] ^ (c >>> 8)
  return c
}
