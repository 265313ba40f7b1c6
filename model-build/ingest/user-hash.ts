import { createHmac } from 'node:crypto'

/**
 * Makes the function that replaces user ids as they enter a build: HMAC-SHA256 under the project's key, first 16 bytes, base64url.
 * @param key - At least 16 bytes, kept with the signing keys; a new key makes all users strangers.
 */
export function createUserHash(key: Uint8Array): (userId: string) => string {
  if (key.length < 16) throw new RangeError('a user hash key needs at least 16 bytes')
  return (userId) => createHmac('sha256', key).update(userId, 'utf8').digest().subarray(0, 16).toString('base64url')
}
