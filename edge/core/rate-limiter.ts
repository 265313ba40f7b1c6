import type { Clock, RateLimit, RateLimiter } from './ports.ts'

type Bucket = { tokens: number; at: number }

/** Token buckets in memory. The least recently used key goes first when there are too many, so that memory is bounded. */
export class TokenBuckets implements RateLimiter {
  readonly #buckets = new Map<string, Bucket>()
  readonly #clock: Clock
  readonly #maxKeys: number

  constructor(clock: Clock, maxKeys = 50_000) {
    this.#clock = clock
    this.#maxKeys = maxKeys
  }

  allow(key: string, limit: RateLimit): boolean {
    const now = this.#clock.seconds()
    const bucket = this.#buckets.get(key) ?? { tokens: limit.burst, at: now }
    bucket.tokens = Math.min(limit.burst, bucket.tokens + (now - bucket.at) * limit.perSecond)
    bucket.at = now
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
}
