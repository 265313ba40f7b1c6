import { RecError } from '#contract/errors'
import { pointerBytes, type SignedPointer } from '#contract/pointer'
import { toHex } from '#contract/shard-table'

const KEY_ID_CHARS = 8

/** SHA-256 in lower-case hex. @throws RecError `signature-unsupported` outside secure contexts. */
export async function sha256Hex(subtle: SubtleCrypto | undefined, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await available(subtle).digest('SHA-256', bytes)))
}

/**
 * Checks that one of the page's keys signed a pointer for this site and channel.
 * @param keys - Raw 32-byte Ed25519 public keys in base64url.
 * @throws RecError `signature-invalid`, or `signature-unsupported` where the browser has no Ed25519.
 */
export async function verifyPointer(
  subtle: SubtleCrypto | undefined,
  keys: readonly string[],
  pointer: SignedPointer,
  expected: { readonly site: string; readonly channel: string },
): Promise<void> {
  if (pointer.site !== expected.site || pointer.channel !== expected.channel)
    throw new RecError('signature-invalid', 'the pointer is of another site or channel')
  const signature = fromBase64Url(pointer.signature)
  for (const key of keys) {
    if (key.slice(0, KEY_ID_CHARS) !== pointer.keyId) continue
    const publicKey = await importKey(available(subtle), key)
    if (await available(subtle).verify('Ed25519', publicKey, signature, pointerBytes(pointer))) return
  }
  throw new RecError('signature-invalid', 'no key of the page signed this release', { keys: keys.length })
}

async function importKey(subtle: SubtleCrypto, key: string): Promise<CryptoKey> {
  let raw: Uint8Array<ArrayBuffer>
  try {
    raw = fromBase64Url(key)
  } catch (cause) {
    throw new RecError('signature-invalid', 'a key of the page is not base64url', {}, { cause })
  }
  if (raw.length !== 32)
    throw new RecError('signature-invalid', 'a key of the page is not 32 bytes', { sizeBytes: raw.length })
  try {
    return await subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
  } catch (cause) {
    throw new RecError('signature-unsupported', 'this browser cannot verify Ed25519', {}, { cause })
  }
}

function available(subtle: SubtleCrypto | undefined): SubtleCrypto {
  if (subtle === undefined) throw new RecError('signature-unsupported', 'the page is not a secure context')
  return subtle
}

/** Bytes of base64url text, with or without padding. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

/** Base64url text of bytes, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
