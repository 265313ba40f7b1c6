import { gunzipSync } from 'node:zlib'
import { RecError } from '#contract/errors'

/** Largest feed, sitemap or page that is read, unpacked. Bytes. */
export const MAX_FEED_BYTES = 64 * 2 ** 20

/**
 * The text of a feed: unpacked where it is gzip, in the encoding that its byte order mark or its XML declaration names, else UTF-8.
 * @throws RecError `too-large`, or `input-malformed` for a broken archive or an unknown encoding.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes, name) : bytes
  if (plain.byteLength > MAX_FEED_BYTES) throw tooLarge(name)
  try {
    return new TextDecoder(encodingOf(plain)).decode(plain)
  } catch (cause) {
    throw new RecError('input-malformed', `${name} names an encoding that is not known`, {}, { cause })
  }
}

export function tooLarge(name: string): RecError {
  return new RecError('too-large', `${name} is larger than what is read of one feed; split it`, {
    limit: MAX_FEED_BYTES,
  })
}

function unpack(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_FEED_BYTES + 1 })
  } catch (cause) {
    const isLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    if (isLarge) throw tooLarge(name)
    throw new RecError('input-malformed', `${name} is a broken gzip file`, {}, { cause })
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  return /^<\?xml[^>]*encoding=["']([\w-]+)["']/.exec(start)?.[1] ?? 'utf-8'
}
