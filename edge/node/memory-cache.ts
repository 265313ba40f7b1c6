/** Bytes by key, least recently used first out, within a budget. Values are shared: nobody changes them. */
export class MemoryCache {
  readonly #entries = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly #maxBytes: number
  #bytes = 0
  #hits = 0
  #misses = 0

  /** @param maxBytes - 0 keeps nothing. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Sizes in bytes and counts since the start. */
  get stats(): { readonly bytes: number; readonly hits: number; readonly misses: number } {
    return { bytes: this.#bytes, hits: this.#hits, misses: this.#misses }
  }

  /** Whether a value of this size is worth keeping: one may not push out all others. */
  fits(sizeBytes: number): boolean {
    return sizeBytes <= this.#maxBytes / 4
  }

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) {
      this.#misses++
      return undefined
    }
    this.#hits++
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Uint8Array<ArrayBuffer>): void {
    if (!this.fits(value.length)) return
    this.delete(key)
    this.#entries.set(key, value)
    this.#bytes += value.length
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#bytes -= value.length
  }
}
