import { createHash } from 'node:crypto'
import type { ObjectRef } from '#contract/shard-table'

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The immutable objects of a release, each under the hash of its bytes; the same bytes are kept once. */
export class ObjectSet {
  readonly #bytes = new Map<string, Uint8Array>()

  /** Keeps the bytes (shared, not copied) and returns the reference that manifests and tables carry. */
  add(bytes: Uint8Array): ObjectRef {
    const hash = sha256Hex(bytes)
    this.#bytes.set(hash, bytes)
    return { hash, sizeBytes: bytes.length }
  }

  addJson(value: unknown): ObjectRef {
    return this.add(new TextEncoder().encode(JSON.stringify(value)))
  }

  get(hash: string): Uint8Array | undefined {
    return this.#bytes.get(hash)
  }

  entries(): IterableIterator<[string, Uint8Array]> {
    return this.#bytes.entries()
  }

  get size(): number {
    return this.#bytes.size
  }
}
