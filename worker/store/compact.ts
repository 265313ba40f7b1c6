import { joinBytes } from '../join-bytes.ts'

/** How stored bytes are coded; `raw` where gzip is missing or saves less than a sixteenth. */
export type Coding = 'raw' | 'gzip'

export type Compact = { readonly coding: Coding; readonly bytes: Uint8Array<ArrayBuffer> }

/** Codes bytes for storage, in new memory. */
export async function encodeCompact(bytes: Uint8Array): Promise<Compact> {
  const copy = bytes.slice() as Uint8Array<ArrayBuffer> // slice() allocates an ArrayBuffer of its own
  if (typeof CompressionStream === 'undefined' || bytes.length < 256) return { coding: 'raw', bytes: copy }
  const packed = await pipe(copy, new CompressionStream('gzip'))
  return packed.length < bytes.length - bytes.length / 16
    ? { coding: 'gzip', bytes: packed }
    : { coding: 'raw', bytes: copy }
}

/** Gives the bytes back. Rejects when they are not what `encodeCompact` wrote. */
export async function decodeCompact({ coding, bytes }: Compact): Promise<Uint8Array<ArrayBuffer>> {
  return coding === 'raw' ? bytes.slice() : pipe(bytes, new DecompressionStream('gzip'))
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  // Neither a Response nor a Blob: Firefox writes into the page's console when a body that it reads breaks off, and blobs go through another process.
  const writer = through.writable.getWriter()
  for (const written of [writer.write(bytes), writer.close()]) written.catch(() => undefined) // the reader fails alike
  const reader = through.readable.getReader()
  const parts: Uint8Array[] = []
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  return joinBytes(parts)
}
