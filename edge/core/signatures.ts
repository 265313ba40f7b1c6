import { RecError } from '#contract/errors'
import { pointerBytes, type SignedPointer } from '#contract/pointer'
import { fromBase64url } from './base64url.ts'

/**
 * Verifies a pointer against the site's public keys; two may overlap while one replaces the other.
 * @param keys - Raw 32-byte Ed25519 keys, base64url.
 * @throws RecError `signature-invalid`
 */
export async function verifyPointer(pointer: SignedPointer, keys: readonly string[]): Promise<void> {
  const signature = fromBase64url(pointer.signature)
  for (const key of keys) {
    if (!key.startsWith(pointer.keyId) || signature === undefined) continue
    const raw = fromBase64url(key)
    if (raw === undefined) continue
    const imported = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    if (await crypto.subtle.verify('Ed25519', imported, signature, pointerBytes(pointer))) return
  }
  throw new RecError('signature-invalid', 'no registered key of the site signed this pointer', {
    sequence: pointer.sequence,
  })
}
