import { type ErrorCode, RecError, toRecError } from '#contract/errors'
import type { EngineDeps } from '../deps.ts'
import type { ShardStore, StoredSize } from '../store/ports.ts'
import type { EdgeClient } from './edge.ts'
import { sha256Hex } from './verify.ts'

/** An object to read; a manifest is named by its hash alone and then limited by `sizeBytes`. */
export type Wanted = { readonly hash: string; readonly sizeBytes: number }

/** How one release was put together. */
export type Tally = { fetched: number; reused: number; readonly hashes: Set<string> }

export type ReadOptions = {
  readonly tally: Tally
  /** False reads stored objects only. */
  readonly network: boolean
  /** Stored bytes without checksums of their own (JSON, ONNX) are hashed again. */
  readonly checkHash?: boolean
}

export type ObjectSourceParts = {
  readonly store: ShardStore
  /** What the store holds. */
  readonly sizes: readonly StoredSize[]
  readonly edge: EdgeClient
  readonly report: (error: RecError) => void
}

type Needs = Pick<EngineDeps, 'nowMs' | 'subtle' | 'log'>

/**
 * Release objects by hash: from the store where they are whole, else from the edge, verified and stored one by one, so that a
 * broken download goes on where it stopped.
 */
export class ObjectSource {
  /** Bytes in the store by hash. */
  readonly stored = new Map<string, number>()
  readonly #deps: Needs
  readonly #store: ShardStore
  readonly #edge: EdgeClient
  readonly #report: (error: RecError) => void
  #isFull = false

  constructor(deps: Needs, { store, sizes, edge, report }: ObjectSourceParts) {
    this.#deps = deps
    this.#store = store
    this.#edge = edge
    this.#report = report
    for (const { hash, storedBytes } of sizes) this.stored.set(hash, storedBytes)
  }

  /**
   * Reads and decodes one object.
   * @throws RecError the decoder's for whole objects that are wrong, the edge client's, or `object-missing` without network.
   */
  async read<T>(wanted: Wanted, decode: (bytes: Uint8Array<ArrayBuffer>) => T, options: ReadOptions): Promise<T> {
    const { tally } = options
    tally.hashes.add(wanted.hash)
    const found = await this.#readStored(wanted, decode, options)
    if (found !== undefined) {
      tally.reused++
      return found.value
    }
    if (!options.network) throw new RecError('object-missing', 'an object is not on this device')
    const bytes = await this.#edge.object(wanted.hash, wanted.sizeBytes)
    const value = decode(bytes)
    tally.fetched++
    await this.#keep(wanted.hash, bytes, tally)
    return value
  }

  /** Bytes that objects take in the store. */
  storedBytes(hashes: Iterable<string> = this.stored.keys()): number {
    let sum = 0
    for (const hash of hashes) sum += this.stored.get(hash) ?? 0
    return sum
  }

  /** Removes least recently used objects outside `keep` until the rest fits the budget. */
  async evict(budgetBytes: number, keep: ReadonlySet<string>): Promise<number> {
    try {
      const all = await this.#store.sizes()
      let total = all.reduce((sum, { storedBytes }) => sum + storedBytes, 0)
      const gone: string[] = []
      for (const { hash, storedBytes } of all) {
        if (total <= budgetBytes) break
        if (keep.has(hash)) continue
        gone.push(hash)
        total -= storedBytes
      }
      await this.#store.remove(gone)
      for (const hash of gone) this.stored.delete(hash)
      if (gone.length > 0) this.#isFull = false
      return gone.length
    } catch (thrown) {
      this.#report(toRecError(thrown, 'storage-refused'))
      return 0
    }
  }

  /**
   * Hashes a sample of stored objects anew and removes those that changed: their own checksums are checked whenever they are read, but do not
   * withstand intent.
   * @returns How many of the sample are not there any more.
   */
  async audit(hashes: ReadonlySet<string>, most: number, random: () => number): Promise<number> {
    const names = [...hashes].filter((hash) => this.stored.has(hash))
    let lost = 0
    for (let i = 0; i < most && names.length > 0; i++) {
      const [hash = ''] = names.splice(Math.floor(random() * names.length), 1)
      const bytes = await this.#store.get(hash)
      if (bytes !== undefined && (await sha256Hex(this.#deps.subtle, bytes)) === hash) continue
      await this.#drop(hash, 'hash-mismatch')
      lost++
    }
    return lost
  }

  /** Marks a release's objects as used now. */
  async touch(hashes: ReadonlySet<string>): Promise<void> {
    await this.#store.touch([...hashes], this.#deps.nowMs()).catch((thrown: unknown) => {
      this.#report(toRecError(thrown, 'storage-refused'))
    })
  }

  async #readStored<T>(
    wanted: Wanted,
    decode: (bytes: Uint8Array<ArrayBuffer>) => T,
    { checkHash = false }: ReadOptions,
  ): Promise<{ readonly value: T } | undefined> {
    let bytes: Uint8Array<ArrayBuffer> | undefined
    try {
      bytes = await this.#store.get(wanted.hash)
    } catch (thrown) {
      this.#report(toRecError(thrown, 'storage-refused'))
    }
    if (bytes === undefined) {
      this.stored.delete(wanted.hash)
      return undefined
    }
    try {
      if (checkHash && (await sha256Hex(this.#deps.subtle, bytes)) !== wanted.hash)
        throw new RecError('hash-mismatch', 'a stored object changed')
      return { value: decode(bytes) }
    } catch (thrown) {
      const error = toRecError(thrown)
      if (error.code === 'manifest-version' || error.code === 'shard-version') throw error // whole, and too new
      await this.#drop(wanted.hash, error.code)
      return undefined
    }
  }

  async #drop(hash: string, code: ErrorCode): Promise<void> {
    this.#deps.log('stored-object-damaged', { code })
    this.stored.delete(hash)
    await this.#store.remove([hash]).catch((cause: unknown) => this.#report(toRecError(cause)))
  }

  async #keep(hash: string, bytes: Uint8Array, tally: Tally): Promise<void> {
    if (this.#isFull) return
    try {
      this.stored.set(hash, await this.#store.put(hash, bytes, this.#deps.nowMs()))
    } catch (thrown) {
      const error = toRecError(thrown, 'storage-refused')
      if (error.code === 'quota-exceeded' && (await this.evict(0, tally.hashes)) > 0) {
        await this.#keep(hash, bytes, tally)
        return
      }
      this.#isFull = true // goes on from memory; the next eviction tries again
      this.#report(error)
    }
  }
}

/** A tally of nothing. */
export function createTally(): Tally {
  return { fetched: 0, reused: 0, hashes: new Set() }
}
