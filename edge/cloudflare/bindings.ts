import type { EventShard } from './event-shard.ts'
import type { SiteObject } from './site-object.ts'
import type { SumsObject } from './sums-object.ts'

/** What `wrangler.jsonc` binds; the limits and analytics may be left out. */
export type Bindings = {
  readonly OBJECTS: R2Bucket
  readonly SITE: DurableObjectNamespace<SiteObject>
  readonly EVENTS: DurableObjectNamespace<EventShard>
  readonly SUMS: DurableObjectNamespace<SumsObject>
  /** JSON as in the Node edge's sites file; public keys and hashes of tokens only, so a plain variable will do. */
  readonly SITES?: string
  /** Batches of one network, per location of the CDN. */
  readonly CLIENT_LIMIT?: RateLimit
  /** Batches of one site, per location of the CDN. */
  readonly SITE_LIMIT?: RateLimit
  readonly METRICS?: AnalyticsEngineDataset
  /** See `EdgeDeps.gcGraceMs`. */
  readonly GC_GRACE_MS?: string
  /** Objects that share the events of one site; may be raised later, never lowered. Default 8. */
  readonly EVENT_SHARDS?: string
}
