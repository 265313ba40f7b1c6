import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { isHash } from '#contract/limits'
import { KnownStats } from '../core/known-stats.ts'
import type { BlobStat, BlobStore, Encoding, Slice } from '../core/ports.ts'
import { compressOnce } from './compress.ts'
import { asStoreError, errorCode } from './disk-errors.ts'
import type { MemoryCache } from './memory-cache.ts'
import { verifiedBody } from './verified-body.ts'

const SUFFIX: Readonly<Record<Encoding, string>> = { identity: '', br: '.br', gzip: '.gz' }
const KNOWN_STATS = 100_000
/** An upload is in memory while it is compressed. */
const COMPRESSED_AT_ONCE = 4
const TOUCHES_AT_ONCE = 64

/**
 * Objects as files `<dir>/<site>/<first two digits>/<hash>[.br|.gz]`. The identity file is linked last, so that an object is there
 * whole or not at all, and never replaced. One process owns the directory.
 */
export class BlobFiles implements BlobStore {
  readonly #dir: string
  readonly #temporary: string
  readonly #cache: MemoryCache
  readonly #stats = new KnownStats(KNOWN_STATS)
  readonly #loading = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>()
  /** Touches on their way to the disk: `remove` must not miss them. */
  readonly #touching = new Map<string, number>()
  readonly #waiting: (() => void)[] = []
  #compressing = 0

  constructor(dir: string, cache: MemoryCache) {
    this.#dir = dir
    this.#cache = cache
    this.#temporary = join(dir, '.incoming')
    rmSync(this.#temporary, { recursive: true, force: true })
    mkdirSync(this.#temporary, { recursive: true })
  }

  /** As `stat`, if it was asked for before. */
  statInMemory(site: string, hash: string): BlobStat | undefined {
    return this.#stats.get(this.#path(site, hash))
  }

  /** As `read` of the whole, if the bytes are in memory. */
  readInMemory(site: string, hash: string, encoding: Encoding): Uint8Array<ArrayBuffer> | undefined {
    return this.#cache.get(this.#path(site, hash) + SUFFIX[encoding])
  }

  async stat(site: string, hash: string): Promise<BlobStat | undefined> {
    const path = this.#path(site, hash)
    const known = this.#stats.get(path)
    if (known !== undefined) return known
    const [identity, br, gzip] = await Promise.all([sizeOf(path), sizeOf(path + SUFFIX.br), sizeOf(path + SUFFIX.gzip)])
    if (identity === undefined) return undefined
    return this.#stats.remember(path, identity, br, gzip)
  }

  async read(
    site: string,
    hash: string,
    encoding: Encoding,
    slice?: Slice,
  ): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined> {
    const path = this.#path(site, hash) + SUFFIX[encoding]
    const cached = this.#cache.get(path)
    if (cached !== undefined)
      return slice === undefined ? cached : cached.subarray(slice.start, slice.start + slice.length)
    const size = await sizeOf(path)
    if (size === undefined) return undefined
    return slice !== undefined || !this.#cache.fits(size) ? streamOf(path, slice) : this.#load(path)
  }

  async put(
    site: string,
    hash: string,
    body: ReadableStream<Uint8Array>,
    maxBytes: number,
  ): Promise<'stored' | 'present'> {
    const temporary = join(this.#temporary, randomBytes(12).toString('hex'))
    const path = this.#path(site, hash)
    try {
      // Straight to the disk, however long it takes: a slow publisher holds up nobody.
      await writeUpload(temporary, verifiedBody(body, hash, maxBytes))
      if (await this.#touch(path)) return 'present'
      await mkdir(dirname(path), { recursive: true })
      await this.#compress(temporary, path)
      return await this.#linkOnce(temporary, path)
    } catch (thrown) {
      throw asStoreError(thrown)
    } finally {
      await Promise.all(Object.values(SUFFIX).map((suffix) => rm(temporary + suffix, { force: true })))
    }
  }

  async missing(site: string, hashes: readonly string[]): Promise<readonly string[]> {
    const missing: string[] = []
    for (let from = 0; from < hashes.length; from += TOUCHES_AT_ONCE) {
      const part = hashes.slice(from, from + TOUCHES_AT_ONCE)
      const present = await Promise.all(part.map((hash) => this.#touch(this.#path(site, hash))))
      part.forEach((hash, i) => {
        if (!present[i]) missing.push(hash)
      })
    }
    return missing
  }

  async list(site: string): Promise<readonly { hash: string; touchedAt: number }[]> {
    const found: { hash: string; touchedAt: number }[] = []
    for (const part of await namesIn(join(this.#dir, site))) {
      const dir = join(this.#dir, site, part)
      for (const hash of (await namesIn(dir)).filter(isHash)) {
        const file = await stat(join(dir, hash)).catch(() => undefined)
        if (file !== undefined) found.push({ hash, touchedAt: file.mtimeMs })
      }
    }
    return found
  }

  async remove(site: string, hash: string, untouchedSince: number): Promise<boolean> {
    const path = this.#path(site, hash)
    // Without an await between the look and the deed, no touch of this process comes between.
    const isTouched = (this.#touching.get(path) ?? 0) > 0
    const file = statSync(path, { throwIfNoEntry: false })
    if (isTouched || file === undefined || file.mtimeMs > untouchedSince) return false
    unlinkSync(path)
    this.#stats.forget(path)
    for (const suffix of Object.values(SUFFIX)) this.#cache.delete(path + suffix)
    await Promise.all([rm(path + SUFFIX.br, { force: true }), rm(path + SUFFIX.gzip, { force: true })])
    return true
  }

  #path(site: string, hash: string): string {
    // Both were checked by the caller, so nothing has to be resolved; `join` costs a microsecond.
    return `${this.#dir}/${site}/${hash.slice(0, 2)}/${hash}`
  }

  async #load(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const running = this.#loading.get(path)
    if (running !== undefined) return running
    const loading = readFile(path).then(
      (bytes) => {
        this.#cache.set(path, bytes)
        return bytes
      },
      (thrown) => {
        if (errorCode(thrown) === 'ENOENT') return undefined
        throw thrown
      },
    )
    this.#loading.set(path, loading)
    try {
      return await loading
    } finally {
      this.#loading.delete(path)
    }
  }

  /** Marks an object as wanted now. @returns false when it is not there. */
  async #touch(path: string): Promise<boolean> {
    this.#touching.set(path, (this.#touching.get(path) ?? 0) + 1)
    try {
      const now = new Date()
      await utimes(path, now, now)
      return true
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return false
      throw thrown
    } finally {
      const left = (this.#touching.get(path) ?? 1) - 1
      if (left === 0) this.#touching.delete(path)
      else this.#touching.set(path, left)
    }
  }

  /** Puts the packed forms of an upload in their places, which nobody looks at before the identity file is there. */
  async #compress(temporary: string, path: string): Promise<void> {
    await this.#enter()
    try {
      const packed = await compressOnce(await readFile(temporary))
      for (const [encoding, bytes] of Object.entries(packed) as ['br' | 'gzip', Uint8Array][]) {
        await writeDurably(`${temporary}${SUFFIX[encoding]}`, bytes)
        await rename(`${temporary}${SUFFIX[encoding]}`, path + SUFFIX[encoding])
      }
    } finally {
      this.#leave()
    }
  }

  async #linkOnce(temporary: string, path: string): Promise<'stored' | 'present'> {
    for (;;) {
      try {
        await link(temporary, path)
        await syncDirectory(dirname(path))
        this.#stats.forget(path)
        return 'stored'
      } catch (thrown) {
        if (errorCode(thrown) !== 'EEXIST') throw thrown
      }
      if (await this.#touch(path)) return 'present'
    }
  }

  async #enter(): Promise<void> {
    if (this.#compressing >= COMPRESSED_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#compressing++
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#compressing--
    else next()
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A disk that refuses does not end the reading: most clients read the answer only after they sent everything. */
async function writeUpload(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const refusals: unknown[] = []
  const note = (thrown: unknown) => void refusals.push(thrown)
  const file = await open(path, 'wx').catch(note)
  try {
    for await (const chunk of chunks) if (refusals.length === 0) await file?.writeFile(chunk).catch(note)
    if (refusals.length > 0) throw refusals[0]
    await file?.sync()
  } finally {
    await file?.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const dir = await open(path, 'r')
  try {
    await dir.sync()
  } finally {
    await dir.close()
  }
}

/** Opens first, so that a file that is gone is an absent object and not a broken answer. */
async function streamOf(path: string, slice: Slice | undefined): Promise<ReadableStream<Uint8Array> | undefined> {
  const file = await open(path, 'r').catch((thrown: unknown) => {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw thrown
  })
  if (file === undefined) return undefined
  const range = slice === undefined ? {} : { start: slice.start, end: slice.start + slice.length - 1 }
  const stream = file.createReadStream({ ...range, highWaterMark: 256 * 1024 })
  return Readable.toWeb(stream) as ReadableStream<Uint8Array> // Node's own type of the same class
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir)
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return []
    throw thrown
  }
}
