import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pointerBytes, SEQUENCE_STEPS, STEP } from '#contract/pointer'

const TOKEN = 'token-of-the-bench'
const FAST = { clientPerSecond: 1e9, clientBurst: 1e9, sitePerSecond: 1e9, siteBurst: 1e9 }

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** A site with one published release: a manifest of 1.8 kB and a shard of 1 MB that does not compress. */
export type BenchSite = {
  readonly sitesFile: string
  readonly manifest: Uint8Array<ArrayBuffer>
  readonly shard: Uint8Array<ArrayBuffer>
  /** Uploads and publishes to a running edge. */
  publish(url: string): Promise<void>
}

export const BASE = '/v1/sites/bench'
export const READ_HEADERS = { authorization: `Bearer ${TOKEN}` }

/** @param dir - Gets the sites file and, below `static`, the same objects for nginx. */
export async function makeSite(dir: string): Promise<BenchSite> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const key = Buffer.from(await crypto.subtle.exportKey('raw', publicKey)).toString('base64url')
  const manifest = pseudoRandom(1_800, 1)
  const shard = pseudoRandom(2 ** 20, 2)
  const tokens = [{ name: 'bench', hash: sha256(TOKEN), scopes: ['publish', 'read'] }]
  const sitesFile = join(dir, 'sites.json')
  writeFileSync(sitesFile, JSON.stringify([{ name: 'bench', keys: [key], tokens, rates: FAST }]))
  mkdirSync(join(dir, 'static'), { recursive: true })
  for (const bytes of [manifest, shard]) writeFileSync(join(dir, 'static', sha256(bytes)), bytes)
  const pointer = {
    v: 1,
    site: 'bench',
    channel: 'main',
    sequence: SEQUENCE_STEPS + STEP.full,
    manifest: sha256(manifest),
    canary: null,
    issuedAt: new Date().toISOString(),
  } as const
  const signature = Buffer.from(await crypto.subtle.sign('Ed25519', privateKey, pointerBytes(pointer)))
  const full = { ...pointer, keyId: key.slice(0, 8), signature: signature.toString('base64url') }
  const publish = async (url: string) => {
    for (const bytes of [manifest, shard]) await send(url, 'PUT', `/objects/${sha256(bytes)}`, bytes)
    const body = { channel: 'main', publication: 1, objects: [sha256(manifest), sha256(shard)], pointers: { full } }
    await send(url, 'POST', '/publications', JSON.stringify({ ...body, activate: 'full' }))
  }
  return { sitesFile, manifest, shard, publish }
}

async function send(url: string, method: string, path: string, body: BodyInit): Promise<void> {
  const response = await fetch(`${url}${BASE}${path}`, { method, headers: READ_HEADERS, body })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
}

/** xorshift32: bytes that do not compress, the same for the same seed. */
function pseudoRandom(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let x = seed * 0x9e3779b9
  return Uint8Array.from({ length }, () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x & 255
  })
}
