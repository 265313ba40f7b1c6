import { randomBytes } from 'node:crypto'
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'

const PRIVATE_FILE = 'signing-key.pem'
const PUBLIC_FILE = 'signing-key.pub'
const USER_HASH_FILE = 'user-hash.key'

/** The keys of a project, as loaded from a directory. */
export type ProjectKeys = {
  /** The public half is raw 32 bytes in base64url: what `data-keys` takes. */
  readonly signing: { readonly privateKey: CryptoKey; readonly publicKey: string }
  /** 32 bytes that user ids are hashed with as they enter a build. */
  readonly userHashKey: Uint8Array
}

/**
 * Makes a signing key (Ed25519, PKCS8 PEM), its public half (base64url of the raw 32 bytes) and a key for hashing user ids. Secret files get mode 0600.
 * @throws RecError `bad-request` when the directory holds keys already.
 */
export async function createKeys(dir: string): Promise<{ publicKey: string; files: string[] }> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new RecError('internal', 'Ed25519 gave no key pair')
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64')
  const publicKey = Buffer.from(await crypto.subtle.exportKey('raw', pair.publicKey)).toString('base64url')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  for (const name of [PRIVATE_FILE, PUBLIC_FILE, USER_HASH_FILE]) await refuseExisting(join(dir, name))
  const lines = pkcs8.match(/.{1,64}/g)?.join('\n') ?? ''
  const files = [
    await writeNew(
      join(dir, PRIVATE_FILE),
      `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
      0o600,
    ),
    await writeNew(join(dir, PUBLIC_FILE), `${publicKey}\n`, 0o644),
    await writeNew(join(dir, USER_HASH_FILE), `${randomBytes(32).toString('base64url')}\n`, 0o600),
  ]
  return { publicKey, files }
}

/**
 * Loads what `createKeys` wrote. The public key is derived from the private one; a `.pub` file that says otherwise is refused.
 * @throws RecError `keys-missing` when a file is absent or unreadable; `config-invalid` when it holds no key.
 */
export async function loadKeys(dir: string): Promise<ProjectKeys> {
  const pem = await readKeyFile(join(dir, PRIVATE_FILE))
  const written = (await readKeyFile(join(dir, PUBLIC_FILE))).trim()
  const userHashKey = Buffer.from((await readKeyFile(join(dir, USER_HASH_FILE))).trim(), 'base64url')
  if (userHashKey.length < 32) throw new RecError('config-invalid', `${USER_HASH_FILE} holds no key of 32 bytes`)
  const privateKey = await importPrivate(pem)
  const publicKey = await derivePublic(privateKey)
  if (publicKey !== written) throw new RecError('config-invalid', `${PUBLIC_FILE} does not belong to ${PRIVATE_FILE}`)
  return { signing: { privateKey, publicKey }, userHashKey }
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists) throw new RecError('bad-request', `${path} exists and keys are never overwritten; choose another --out`)
}

async function writeNew(path: string, text: string, mode: number): Promise<string> {
  await writeFile(path, text, { mode, flag: 'wx' })
  // The process's umask may have taken bits away or the file system ignored the mode.
  await chmod(path, mode)
  return path
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new RecError('keys-missing', `cannot read ${path}`, {}, { cause })
  }
}

async function importPrivate(pem: string): Promise<CryptoKey> {
  const body = /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/.exec(pem)?.[1]
  try {
    return await crypto.subtle.importKey('pkcs8', Buffer.from(body ?? '', 'base64'), { name: 'Ed25519' }, true, [
      'sign',
    ])
  } catch (cause) {
    throw new RecError('config-invalid', `${PRIVATE_FILE} holds no Ed25519 key in PKCS8 PEM`, {}, { cause })
  }
}

async function derivePublic(privateKey: CryptoKey): Promise<string> {
  const { x } = await crypto.subtle.exportKey('jwk', privateKey)
  if (x === undefined) throw new RecError('config-invalid', `${PRIVATE_FILE} holds no public half`)
  return x
}
