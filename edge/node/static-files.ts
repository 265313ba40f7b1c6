import { createHash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { RecError } from '#contract/errors'
import { chooseEncoding, matchesTag } from '../core/negotiate.ts'
import { bestQuality, brotli } from './compress.ts'
import { errorCode } from './disk-errors.ts'
import { MemoryCache } from './memory-cache.ts'

/** A directory served below a path. */
export type StaticDir = {
  /** Starts with `/`; `/` serves whatever is not the edge's. */
  readonly path: string
  readonly dir: string
  /** Sends COOP and COEP, so that the page may use shared memory. */
  readonly isCrossOriginIsolated?: boolean
  /** A page that is not found is answered by `index.html`, for applications that route in the browser. */
  readonly isSinglePage?: boolean
}

type File = {
  readonly etag: string
  readonly identity: Uint8Array<ArrayBuffer>
  readonly br: Uint8Array<ArrayBuffer> | undefined
}
type Known = { readonly mtimeMs: number; readonly size: number; readonly etag: string; readonly hasBr: boolean }

const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.onnx': 'application/octet-stream',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml; charset=utf-8',
}

const COMPRESSED_ALREADY = new Set(['.avif', '.gif', '.jpg', '.png', '.webp', '.woff2'])
const MIN_COMPRESSED_BYTES = 256
const MAX_FILE_BYTES = 256 * 2 ** 20
const CACHE_BYTES = 64 * 2 ** 20
const KNOWN_FILES = 2_000
/** Names below `/assets/` carry a hash of their content; other names may change at any time. */
const HASHED = /\/assets\/[^/]+[-.][\w-]{8,}\.\w+$/

/**
 * Serves files of some directories, never anything outside them or beginning with a dot. Files next to a `.br` are served with it; others are
 * compressed at first use and kept in memory until they change.
 * @throws RecError `input-missing` when a directory is not there.
 */
export class StaticFiles {
  readonly #dirs: readonly StaticDir[]
  readonly #known = new Map<string, Known>()
  readonly #cache = new MemoryCache(CACHE_BYTES)

  private constructor(dirs: readonly StaticDir[]) {
    this.#dirs = dirs
  }

  static async open(dirs: readonly StaticDir[]): Promise<StaticFiles> {
    const opened = dirs.map(async (entry) => {
      if (!entry.path.startsWith('/')) throw new RecError('config-invalid', 'a static path starts with /')
      const dir = await realpath(entry.dir).catch(() => undefined)
      if (dir === undefined) throw new RecError('input-missing', `the static directory for ${entry.path} is not there`)
      return { ...entry, path: entry.path.endsWith('/') ? entry.path : `${entry.path}/`, dir }
    })
    // The longest path first: `/wasm/` is looked at before `/`.
    return new StaticFiles((await Promise.all(opened)).sort((a, b) => b.path.length - a.path.length))
  }

  /** @returns undefined when no directory has the file. */
  async answer(request: Request): Promise<Response | undefined> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const path = safePath(new URL(request.url).pathname)
    if (path === undefined) return undefined
    for (const entry of this.#dirs) {
      if (!`${path}/`.startsWith(entry.path)) continue
      const inside = path.slice(entry.path.length)
      const found = (await this.#find(entry.dir, inside)) ?? (await this.#singlePage(entry, inside))
      if (found !== undefined) return this.#send(request, entry, found)
    }
    return undefined
  }

  async #singlePage(entry: StaticDir, inside: string): Promise<Found | undefined> {
    return entry.isSinglePage && extname(inside) === '' ? this.#find(entry.dir, 'index.html') : undefined
  }

  async #find(dir: string, inside: string): Promise<Found | undefined> {
    try {
      let real = await realpath(join(dir, inside))
      let info = await stat(real)
      if (info.isDirectory()) {
        real = await realpath(join(real, 'index.html'))
        info = await stat(real)
      }
      // A link may lead anywhere: what counts is where the file really lies.
      if (!real.startsWith(dir + sep) || !info.isFile() || info.size > MAX_FILE_BYTES) return undefined
      return { real, size: info.size, mtimeMs: info.mtimeMs }
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'].includes(errorCode(thrown))) return undefined
      throw thrown
    }
  }

  async #send(request: Request, entry: StaticDir, found: Found): Promise<Response> {
    const file = await this.#load(found)
    const type = TYPES[extname(found.real).toLowerCase()] ?? 'application/octet-stream'
    const sizes = { identity: file.identity.length, ...(file.br === undefined ? {} : { br: file.br.length }) }
    const encoding = chooseEncoding(request.headers.get('accept-encoding'), { sizes })
    const body = encoding === 'br' && file.br !== undefined ? file.br : file.identity
    const etag = encoding === 'br' ? `"${file.etag}-br"` : `"${file.etag}"`
    const headers: Record<string, string> = {
      'content-type': type,
      etag,
      vary: 'accept-encoding',
      'cache-control': HASHED.test(found.real.replaceAll(sep, '/'))
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
    }
    if (encoding === 'br') headers['content-encoding'] = 'br'
    if (entry.isCrossOriginIsolated) {
      headers['cross-origin-opener-policy'] = 'same-origin'
      headers['cross-origin-embedder-policy'] = 'require-corp'
    }
    if (matchesTag(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
    headers['content-length'] = String(body.length)
    return new Response(request.method === 'HEAD' ? null : body, { headers })
  }

  async #load(found: Found): Promise<File> {
    const { real, mtimeMs, size } = found
    const known = this.#known.get(real)
    if (known !== undefined && known.mtimeMs === mtimeMs && known.size === size) {
      const identity = this.#cache.get(real)
      const br = known.hasBr ? this.#cache.get(brKey(real)) : undefined
      if (identity !== undefined && known.hasBr === (br !== undefined)) return { etag: known.etag, identity, br }
    }
    const identity = await readFile(real)
    const br = await compressedBy(found, identity)
    const etag = createHash('sha256').update(identity).digest('base64url').slice(0, 27)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < KNOWN_FILES) break
      this.#known.delete(oldest)
    }
    this.#known.set(real, { mtimeMs, size, etag, hasBr: br !== undefined })
    this.#cache.set(real, identity)
    if (br === undefined) this.#cache.delete(brKey(real))
    else this.#cache.set(brKey(real), br)
    return { etag, identity, br }
  }
}

/** No file name contains a line break: `safePath` refuses it. */
const brKey = (real: string): string => `${real}\nbr`

type Found = { readonly real: string; readonly size: number; readonly mtimeMs: number }

/** A `.br` next to the file, unless it is older; else our own when it saves anything. */
async function compressedBy(found: Found, identity: Buffer<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const beside = await stat(`${found.real}.br`).catch(() => undefined)
  if (beside !== undefined && beside.mtimeMs >= found.mtimeMs) return readFile(`${found.real}.br`)
  if (identity.length < MIN_COMPRESSED_BYTES || COMPRESSED_ALREADY.has(extname(found.real).toLowerCase()))
    return undefined
  const packed = await brotli(identity, bestQuality(identity))
  return packed.length < identity.length ? new Uint8Array(packed) : undefined
}

/** The decoded path, or undefined when a part of it is hidden, leads upwards, or cannot be a file name. */
function safePath(pathname: string): string | undefined {
  let path: string
  try {
    path = decodeURIComponent(pathname)
  } catch {
    return undefined
  }
  const hasControl = [...path].some((char) => char.charCodeAt(0) < 32)
  if (hasControl || path.includes('\\') || path.split('/').some((part) => part.startsWith('.'))) return undefined
  return path
}
