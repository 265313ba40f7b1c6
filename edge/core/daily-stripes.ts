import { STRIPES } from '#contract/feedback/sums'
import type { Clock } from './ports.ts'

const DAY_MS = 86_400_000

/** Networks that are counted at once; beyond it reports of new ones are not taken until midnight. */
const MOST_KEYS = 500_000

/**
 * Spreads networks over stripes and caps what each may send in a day, under a key that is drawn each day, never leaves the memory and is lost
 * at midnight UTC: afterwards nobody can tell which stripe or counter an address had.
 */
export class DailyStripes {
  readonly #clock: Clock
  readonly #perDay: number
  readonly #counts = new Map<string, number>()
  #day = Number.NaN
  #key: Promise<CryptoKey> | null = null

  constructor(clock: Clock, perDay: number) {
    this.#clock = clock
    this.#perDay = perDay
  }

  /** @param network - See `networkPrefix`. @returns The stripe, 0…15; null when the network sent its share today. */
  async admit(site: string, network: string): Promise<number | null> {
    const key = await this.#today()
    const text = new TextEncoder().encode(`${site}\n${network}`)
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, text))
    const name = String.fromCharCode(...mac.subarray(0, 16))
    const count = this.#counts.get(name) ?? 0
    if (count >= this.#perDay || (count === 0 && this.#counts.size >= MOST_KEYS)) return null
    this.#counts.set(name, count + 1)
    return (mac[31] ?? 0) % STRIPES
  }

  #today(): Promise<CryptoKey> {
    const day = Math.floor(this.#clock.now() / DAY_MS)
    if (this.#key === null || day !== this.#day) {
      this.#day = day
      this.#counts.clear()
      const salt = crypto.getRandomValues(new Uint8Array(32))
      this.#key = crypto.subtle.importKey('raw', salt, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    }
    return this.#key
  }
}
