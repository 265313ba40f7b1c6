import type { Clock, EventLog, EventRow, StoredEventRow } from '../core/ports.ts'
import type { Bindings } from './bindings.ts'
import { shardName } from './shard-name.ts'

type Parts = {
  readonly namespace: Bindings['EVENTS']
  readonly siteObjects: Bindings['SITE']
  readonly sites: readonly string[]
  readonly shards: number
  readonly clock: Clock
}

/** Events spread over durable objects by a hash of the batch id, so that a repeated batch meets itself; exported in one order by the site's object. */
export class ShardedEvents implements EventLog {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async append(site: string, rows: readonly EventRow[]): Promise<'stored' | 'duplicate'> {
    const { shards, clock } = this.#parts
    const shard = fnv1a(rows[0]?.batch ?? '') % shards
    return (await this.#shard(site, shard).append(rows, clock.now())) ? 'stored' : 'duplicate'
  }

  async read(site: string, after: number, limit: number): Promise<readonly StoredEventRow[]> {
    const { siteObjects, shards } = this.#parts
    return siteObjects.get(siteObjects.idFromName(site)).export(site, shards, after, limit)
  }

  async forget(site: string, pseudonym: string): Promise<void> {
    const now = this.#parts.clock.now()
    await Promise.all(this.#all(site).map((shard) => shard.forget(pseudonym, now)))
  }

  async prune(before: number): Promise<number> {
    const now = this.#parts.clock.now()
    let total = 0
    for (const site of this.#parts.sites) {
      for (const shard of this.#all(site)) {
        for (let removed = 1; removed > 0; total += removed) removed = await shard.prune(before, now)
      }
    }
    return total
  }

  #all(site: string) {
    return Array.from({ length: this.#parts.shards }, (_, shard) => this.#shard(site, shard))
  }

  #shard(site: string, shard: number) {
    const { namespace } = this.#parts
    return namespace.get(namespace.idFromName(shardName(site, shard)))
  }
}

/** FNV-1a, 32 bits: batch ids are random, it only has to spread. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
