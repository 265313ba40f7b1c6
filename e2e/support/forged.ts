import { createHash, createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenSite } from './open-site.ts'

/** A pointer as it travels; `docs/formats` says which bytes are signed. */
export type Pointer = {
  readonly v: 1
  readonly site: string
  readonly channel: string
  readonly sequence: number
  readonly manifest: string
  readonly canary: null
  readonly issuedAt: string
  readonly keyId: string
  readonly signature: string
}

/** The pointer that an edge hands out now. */
export async function livePointer(site: OpenSite): Promise<Pointer> {
  return (await fetch(`${site.url}/v1/sites/demo/channels/main`)).json()
}

/** Changes a pointer and signs it with the site's own key. */
export async function resign(site: OpenSite, pointer: Pointer, change: Partial<Pointer>): Promise<Pointer> {
  const next = { ...pointer, ...change }
  const { v, site: name, channel, sequence, manifest, canary, issuedAt } = next
  const fields = ['pocketshelf-pointer', v, name, channel, sequence, manifest, canary, issuedAt]
  const key = createPrivateKey(await readFile(join(site.prepared.keys, 'signing-key.pem')))
  return { ...next, signature: sign(null, Buffer.from(JSON.stringify(fields)), key).toString('base64url') }
}

/** The live manifest with some fields changed, and its name. */
export async function forgeManifest(
  site: OpenSite,
  pointer: Pointer,
  change: Readonly<Record<string, unknown>>,
): Promise<{ readonly hash: string; readonly body: Buffer }> {
  const manifest = await (await fetch(`${site.url}/v1/sites/demo/objects/${pointer.manifest}`)).json()
  const body = Buffer.from(JSON.stringify({ ...manifest, ...change }))
  return { hash: createHash('sha256').update(body).digest('hex'), body }
}
