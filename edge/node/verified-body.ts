import { createHash } from 'node:crypto'
import { RecError } from '#contract/errors'

/**
 * Hands an upload on as it comes; whoever takes it keeps nothing before the end, where the hash is known.
 * @param hash - SHA-256, lower-case hex.
 * @throws RecError `too-large` beyond `maxBytes`, `hash-mismatch` after the last byte.
 */
export async function* verifiedBody(
  body: ReadableStream<Uint8Array>,
  hash: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) throw new RecError('too-large', 'the object is too large', { maxBytes, isCut: true })
    digest.update(chunk)
    yield chunk
  }
  if (digest.digest('hex') !== hash)
    throw new RecError('hash-mismatch', 'the bytes have another SHA-256 than their name', { sizeBytes })
}
