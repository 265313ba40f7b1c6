import { RecError } from './errors.ts'
import { isHash, isSiteName } from './limits.ts'

/**
 * What a channel points to, signed by the site's key. The edge holds no key: publishing signs every step in advance, and the
 * edge only ever moves to a higher sequence.
 */
export type ChannelPointer = {
  readonly v: 1
  readonly site: string
  readonly channel: string
  /** publication · 2^16 + step. */
  readonly sequence: number
  /** SHA-256 of the manifest most devices use. */
  readonly manifest: string
  /** Share of devices (0…1, exclusive) that use another manifest, by a draw of their own. */
  readonly canary: { readonly manifest: string; readonly share: number } | null
  /** ISO 8601, UTC. */
  readonly issuedAt: string
}

/** A pointer with its Ed25519 signature over `pointerBytes`, base64url without padding, and the first 8 characters of the public key. */
export type SignedPointer = ChannelPointer & { readonly keyId: string; readonly signature: string }

/** The channel that pages and commands use unless told otherwise. */
export const DEFAULT_CHANNEL = 'main'

export const SEQUENCE_STEPS = 2 ** 16

/** Steps of one publication, as signed in advance; the last is the way back to the release before. */
export const STEP = {
  canary5: 1,
  canary10: 2,
  canary25: 3,
  canary50: 4,
  full: 5,
  rollback: SEQUENCE_STEPS - 1,
} as const

export type StepName = keyof typeof STEP

/** Share of devices on the new release in each canary step. */
export const CANARY_SHARES: Readonly<Partial<Record<StepName, number>>> = {
  canary5: 0.05,
  canary10: 0.1,
  canary25: 0.25,
  canary50: 0.5,
}

/** @returns The publication counter of a sequence, from 1. */
export function publicationOf(sequence: number): number {
  return Math.floor(sequence / SEQUENCE_STEPS)
}

/** The exact bytes that are signed: a fixed array of the fields as JSON, so that no writer's key order matters. */
export function pointerBytes(pointer: ChannelPointer): Uint8Array<ArrayBuffer> {
  const canary = pointer.canary === null ? null : [pointer.canary.manifest, pointer.canary.share]
  const fields = [
    'pocketshelf-pointer',
    pointer.v,
    pointer.site,
    pointer.channel,
    pointer.sequence,
    pointer.manifest,
    canary,
    pointer.issuedAt,
  ]
  return new TextEncoder().encode(JSON.stringify(fields))
}

/** ISO 8601 as `Date.toISOString` writes it, milliseconds optional: the one form that every engine's Date.parse must read. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/

/**
 * Reads a signed pointer from parsed JSON; ignores unknown keys, checks every known one.
 * @throws RecError `pointer-malformed`
 */
export function parseSignedPointer(value: unknown): SignedPointer {
  if (typeof value !== 'object' || value === null) throw bad('not an object')
  const raw = value as Record<string, unknown> // an object; every field is checked below
  const { v, site, channel, sequence, manifest, issuedAt, keyId, signature } = raw
  if (v !== 1) throw bad('not of version 1')
  if (typeof site !== 'string' || !isSiteName(site)) throw bad('site')
  if (typeof channel !== 'string' || !isSiteName(channel)) throw bad('channel')
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < SEQUENCE_STEPS)
    throw bad('sequence')
  if (!isHash(manifest)) throw bad('manifest')
  if (typeof issuedAt !== 'string' || !TIME.test(issuedAt) || Number.isNaN(Date.parse(issuedAt))) throw bad('issuedAt')
  if (typeof keyId !== 'string' || keyId.length !== 8) throw bad('keyId')
  if (typeof signature !== 'string' || !/^[\w-]{86}$/.test(signature)) throw bad('signature')
  return { v, site, channel, sequence, manifest, canary: parseCanary(raw.canary), issuedAt, keyId, signature }
}

function parseCanary(value: unknown): SignedPointer['canary'] {
  if (value === null || value === undefined) return null
  if (typeof value !== 'object' || !('manifest' in value) || !('share' in value)) throw bad('canary')
  const { manifest, share } = value
  if (!isHash(manifest) || typeof share !== 'number' || !(share > 0 && share < 1)) throw bad('canary')
  return { manifest, share }
}

function bad(field: string): RecError {
  return new RecError('pointer-malformed', `the channel document is wrong: ${field}`)
}
