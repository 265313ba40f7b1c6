import type { BlobStat } from './ports.ts'

/** Sizes of objects that were asked for before; the oldest goes first when there are too many. */
export class KnownStats {
  readonly #stats = new Map<string, BlobStat>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): BlobStat | undefined {
    return this.#stats.get(key)
  }

  /** @param br - Size in bytes, undefined where the object is not kept in this encoding; `gzip` likewise. */
  remember(key: string, identity: number, br: number | undefined, gzip: number | undefined): BlobStat {
    const sizes = { identity, ...(br === undefined ? {} : { br }), ...(gzip === undefined ? {} : { gzip }) }
    for (const oldest of this.#stats.keys()) {
      if (this.#stats.size < this.#most) break
      this.#stats.delete(oldest)
    }
    const stat = { sizes }
    this.#stats.set(key, stat)
    return stat
  }

  forget(key: string): void {
    this.#stats.delete(key)
  }
}
