import type { Clock, RateLimit as Limit, RateLimiter } from '../core/ports.ts'
import { TokenBuckets } from '../core/rate-limiter.ts'
import type { Bindings } from './bindings.ts'

/**
 * The site's own rates hold in each isolate; the bindings, whose fixed windows are set at deployment, hold per location of the CDN.
 * Together they bound abuse, exactly neither.
 */
export class CombinedLimiter implements RateLimiter {
  readonly #buckets: TokenBuckets
  readonly #bindings: Pick<Bindings, 'CLIENT_LIMIT' | 'SITE_LIMIT'>

  constructor(bindings: Pick<Bindings, 'CLIENT_LIMIT' | 'SITE_LIMIT'>, clock: Clock) {
    this.#buckets = new TokenBuckets(clock)
    this.#bindings = bindings
  }

  async allow(key: string, limit: Limit): Promise<boolean> {
    if (!this.#buckets.allow(key, limit)) return false
    const { CLIENT_LIMIT, SITE_LIMIT } = this.#bindings
    const binding = key.includes(' ') ? CLIENT_LIMIT : SITE_LIMIT // a client's key is "site network"
    return binding === undefined || (await binding.limit({ key })).success
  }
}
