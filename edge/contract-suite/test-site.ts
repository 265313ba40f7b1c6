import {
  CANARY_SHARES,
  type ChannelPointer,
  pointerBytes,
  SEQUENCE_STEPS,
  type SignedPointer,
  STEP,
  type StepName,
} from '#contract/pointer'
import { sha256Hex, toHex } from '../core/base64url.ts'
import type { SiteInput } from '../core/sites.ts'

const PKCS8_ED25519 = '302e020100300506032b657004220420'

/** A key pair from a seed, so that tests repeat themselves exactly. */
export type TestKey = { readonly publicKey: string; sign(pointer: ChannelPointer): Promise<SignedPointer> }

/** A publication as the edge takes it, with the bytes of its objects. */
export type TestPublication = {
  readonly bodies: readonly Uint8Array<ArrayBuffer>[]
  readonly body: {
    readonly channel: string
    readonly publication: number
    readonly objects: readonly string[]
    readonly pointers: Partial<Record<StepName, SignedPointer>>
    readonly activate: StepName
  }
}

export const PUBLISH_TOKEN = 'publish-token-of-the-tests'
export const READ_TOKEN = 'read-token-of-the-tests'

/** @param seed - 1…255 */
export async function createTestKey(seed: number): Promise<TestKey> {
  const bytes = Uint8Array.from(`${PKCS8_ED25519}${toHex(new Uint8Array(32).fill(seed))}`.match(/../g) ?? [], (hex) =>
    Number.parseInt(hex, 16),
  )
  const key = await crypto.subtle.importKey('pkcs8', bytes, 'Ed25519', true, ['sign'])
  const { x: publicKey = '' } = await crypto.subtle.exportKey('jwk', key)
  return {
    publicKey,
    sign: async (pointer) => {
      const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', key, pointerBytes(pointer)))
      const text = btoa(String.fromCharCode(...signature))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '')
      return { ...pointer, keyId: publicKey.slice(0, 8), signature: text }
    },
  }
}

/** A site with a token for each scope and rates that tests do not meet. */
export async function testSite(
  name: string,
  keys: readonly TestKey[],
  rates: SiteInput['rates'] = {},
): Promise<SiteInput> {
  const fast = { clientPerSecond: 1e6, clientBurst: 1e6, sitePerSecond: 1e6, siteBurst: 1e6 }
  return {
    name,
    keys: keys.map((key) => key.publicKey),
    tokens: [
      { name: 'publisher', hash: await sha256Hex(PUBLISH_TOKEN), scopes: ['publish'] },
      { name: 'reader', hash: await sha256Hex(READ_TOKEN), scopes: ['read'] },
    ],
    rates: { ...fast, ...rates },
  }
}

/** SHA-256 of bytes, lower-case hex. */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

/** Bytes that hardly compress, the same for the same seed (mulberry32). */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) & 255
  })
}

/** Text that compresses well. */
export function prose(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const sentence = `release ${seed}: the quick brown fox jumps over the lazy dog. `
  return new TextEncoder().encode(sentence.repeat(Math.ceil(length / sentence.length)).slice(0, length))
}

/** Makes the n-th publication of a channel with nothing but a manifest of our own. */
export async function makeManifestPublication(
  site: string,
  key: TestKey,
  manifest: unknown,
  channel = 'main',
): Promise<TestPublication> {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  const hash = await hashOf(bytes)
  const { body } = await makePublication(site, key, 1, { channel })
  if (body.pointers.full === undefined) throw new Error('a first publication has a full step')
  const { keyId: _id, signature: _signature, ...pointer } = body.pointers.full
  const pointers = { full: await key.sign({ ...pointer, manifest: hash }) }
  return { bodies: [bytes], body: { ...body, objects: [hash], pointers } }
}

/** Makes the n-th publication of a channel: a manifest and two objects of its own, all steps signed from the second on. */
export async function makePublication(
  site: string,
  key: TestKey,
  publication: number,
  options: { readonly channel?: string; readonly activate?: StepName; readonly flavour?: number } = {},
): Promise<TestPublication> {
  const { channel = 'main', activate = 'full', flavour = 0 } = options
  const bodiesOf = (n: number) => [
    prose(3_000, n),
    noise(2_000, n + 1_000 * flavour),
    prose(40_000, n + 500 + 1_000 * flavour),
  ]
  const bodies = bodiesOf(publication)
  const objects = await Promise.all(bodies.map(hashOf))
  const [manifest = ''] = objects
  const previous = publication === 1 ? undefined : await hashOf(prose(3_000, publication - 1))
  const pointers: Partial<Record<StepName, SignedPointer>> = {}
  for (const step of Object.keys(STEP) as StepName[]) {
    if (step !== 'full' && previous === undefined) continue
    const share = CANARY_SHARES[step]
    pointers[step] = await key.sign({
      v: 1,
      site,
      channel,
      sequence: publication * SEQUENCE_STEPS + STEP[step],
      manifest: step === 'full' ? manifest : (previous ?? ''),
      canary: share === undefined ? null : { manifest, share },
      issuedAt: '2026-11-01T00:00:00.000Z',
    })
  }
  return { bodies, body: { channel, publication, objects, pointers, activate } }
}
