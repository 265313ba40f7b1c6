import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { replaceFile } from '../release/release-dir.ts'

/**
 * The directory of an edge on this machine, `--dir`:
 *
 * | name         | holds                                                        |
 * | ------------ | ------------------------------------------------------------ |
 * | `data/`      | objects and databases of the edge, and its `address.json` while it runs |
 * | `sites.json` | its sites: names, public keys, hashes of tokens              |
 * | `token`      | the bearer token of commands on this machine, readable by the owner only |
 */
export type EdgeHome = {
  readonly dir: string
  readonly dataDir: string
  readonly sitesFile: string
  readonly token: string
}

/** An edge that runs on this machine. */
export type RunningEdge = { readonly url: string; readonly pid: number }

type SiteEntry = {
  readonly name: string
  readonly keys: readonly string[]
  readonly tokens: readonly { readonly name: string; readonly hash: string; readonly scopes: readonly string[] }[]
}

const TOKEN_NAME = 'this-machine'

/** Opens the directory of an edge; makes what is absent. */
export async function openEdgeHome(dir: string): Promise<EdgeHome> {
  const home = { dir, dataDir: join(dir, 'data'), sitesFile: join(dir, 'sites.json') }
  await mkdir(home.dataDir, { recursive: true })
  const token = await readOrCreate(join(dir, 'token'), `${randomBytes(32).toString('base64url')}\n`, 0o600)
  await readOrCreate(home.sitesFile, '[]\n', 0o644)
  return { ...home, token: token.trim() }
}

/**
 * Registers a site with its public key and this machine's token; what the file says of other sites, keys and tokens stays.
 * @returns Whether the file changed: a running edge must then read it again.
 * @throws RecError `config-invalid` when the file is not valid, or the site has two other keys already.
 */
export async function registerSite(home: EdgeHome, site: string, publicKey: string | null): Promise<boolean> {
  const sites = await readSites(home)
  const known = sites.find(({ name }) => name === site)
  const entry: SiteEntry = known ?? { name: site, keys: [], tokens: [] }
  const keys = publicKey === null || entry.keys.includes(publicKey) ? entry.keys : [...entry.keys, publicKey]
  if (keys.length > 2)
    throw new RecError('config-invalid', `${home.sitesFile}: the site has two other keys; remove the oldest first`)
  const hash = createHash('sha256').update(home.token).digest('hex')
  const isKnown = entry.tokens.some((token) => token.hash === hash)
  const others = entry.tokens.filter(({ name }) => name !== TOKEN_NAME)
  const tokens = isKnown ? entry.tokens : [...others, { name: TOKEN_NAME, hash, scopes: ['publish', 'read'] }]
  if (known !== undefined && keys === entry.keys && isKnown) return false
  const next = [...sites.filter(({ name }) => name !== site), { ...entry, keys, tokens }]
  await replaceFile(home.sitesFile, `${JSON.stringify(next, null, 2)}\n`)
  return true
}

async function readSites(home: EdgeHome): Promise<readonly SiteEntry[]> {
  const invalid = () => new RecError('config-invalid', `${home.sitesFile} is not a list of sites`)
  let sites: unknown
  try {
    sites = JSON.parse(await readFile(home.sitesFile, 'utf8'))
  } catch {
    throw invalid()
  }
  const isEntry = (entry: Partial<SiteEntry> | null) =>
    typeof entry?.name === 'string' && Array.isArray(entry.keys) && Array.isArray(entry.tokens)
  if (!Array.isArray(sites) || !sites.every(isEntry)) throw invalid()
  return sites as SiteEntry[] // checked above as far as this file reads them; the edge checks the rest
}

/** The edge that runs on this directory, or null: its process lives and its address answers. */
export async function findRunning(home: EdgeHome): Promise<RunningEdge | null> {
  let noted: { readonly url?: unknown; readonly pid?: unknown }
  try {
    noted = JSON.parse(await readFile(join(home.dataDir, 'address.json'), 'utf8'))
  } catch {
    return null
  }
  const { url, pid } = noted
  if (typeof url !== 'string' || typeof pid !== 'number' || !isAlive(pid)) return null
  const answers = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
  return answers ? { url, pid } : null
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function readOrCreate(path: string, text: string, mode: number): Promise<string> {
  try {
    await writeFile(path, text, { flag: 'wx', mode })
    await chmod(path, mode)
    return text
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return readFile(path, 'utf8')
    throw error
  }
}
