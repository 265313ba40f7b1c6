import { RecError } from '#contract/errors'
import type { ProfileExport } from '#contract/rpc'

/** Iterations of PBKDF2 with SHA-256, as OWASP's password storage advice of 2023 asks for. */
const ITERATIONS = 600_000
const SALT_BYTES = 16
const IV_BYTES = 12
const SEALED = 'pocketshelf1.'

export type ProfileTextOptions = {
  /** Encrypts the profile: PBKDF2 (SHA-256, 600,000 iterations) and AES-GCM with 256 bits. */
  readonly passphrase?: string
  /** Keeps what says most about this many items, latest first, so that the text fits into a QR code; everything where absent. */
  readonly items?: number
}

/** Writes a profile as text: JSON, or compressed and encrypted where there is a passphrase. */
export async function writeProfile(profile: ProfileExport, options: ProfileTextOptions): Promise<string> {
  const { passphrase, items } = options
  const json = JSON.stringify(items === undefined ? profile : shorten(profile, items))
  if (!passphrase) return json
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const packed = await pipe(new TextEncoder().encode(json), new CompressionStream('deflate-raw'))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await deriveKey(passphrase, salt), packed)
  return SEALED + toBase64Url(new Uint8Array([...salt, ...iv, ...new Uint8Array(sealed)]))
}

/** Reads what `writeProfile` wrote. @throws RecError `bad-request` for anything else, and for a wrong or missing passphrase */
export async function readProfile(text: string, { passphrase = '' }: ProfileTextOptions): Promise<ProfileExport> {
  const isSealed = text.startsWith(SEALED)
  try {
    return JSON.parse(isSealed ? await unseal(text.slice(SEALED.length), passphrase) : text) // the worker checks every field
  } catch (cause) {
    const field = isSealed ? 'passphrase' : 'profile'
    throw new RecError('bad-request', `the ${field} does not open this profile`, { field }, { cause })
  }
}

async function unseal(text: string, passphrase: string): Promise<string> {
  const bytes = fromBase64Url(text)
  const body = SALT_BYTES + IV_BYTES
  const key = await deriveKey(passphrase, bytes.slice(0, SALT_BYTES))
  const iv = bytes.slice(SALT_BYTES, body)
  const packed = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes.slice(body))
  return new TextDecoder().decode(await pipe(new Uint8Array(packed), new DecompressionStream('deflate-raw')))
}

async function deriveKey(passphrase: string, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const text = new TextEncoder().encode(passphrase.normalize('NFC'))
  const secret = await crypto.subtle.importKey('raw', text, 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }
  return crypto.subtle.deriveKey(derivation, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

async function pipe(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer())
}

/** The latest event of each item, without what only the device of origin can use. */
function shorten(profile: ProfileExport, items: number): ProfileExport {
  const latest = new Map<string, ProfileExport['events'][number]>()
  for (const { v, type, item, at } of profile.events) {
    if (type === 'impression') continue
    latest.delete(item)
    latest.set(item, { v, type, item, at })
  }
  return { ...profile, events: [...latest.values()].slice(-items) }
}

function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0))
}
