import type { ConsentMode, ConsentRecord } from '#contract/rpc'

/** After this long a choice must be asked again: 180 days. */
const CONSENT_MS = 180 * 86_400_000

/**
 * Makes the record of a visitor's choice.
 * @param text - The words the visitor agreed to, as shown; only their SHA-256 is kept.
 */
export async function createConsentRecord(choice: ConsentMode, text: string, at: number): Promise<ConsentRecord> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  const textHash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { version: 1, choice, at, textHash, expires: at + CONSENT_MS }
}
