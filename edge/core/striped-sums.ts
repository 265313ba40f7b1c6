import { expandSeed } from '#contract/feedback/sums'
import { DailyStripes } from './daily-stripes.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import type { Clock } from './ports.ts'
import type { CheckedReport, ReportSums, StoredSum, SumStore } from './sum-store.ts'

/** Counts what each network sends today, expands the seeds of what it may send, and adds them to its stripe. */
export class StripedSums implements ReportSums {
  readonly #store: SumStore
  readonly #stripes: DailyStripes

  constructor(store: SumStore, clock: Clock) {
    this.#store = store
    this.#stripes = new DailyStripes(clock, EDGE_LIMITS.reportsPerDay)
  }

  async take({ shape, seed, ...key }: CheckedReport, network: string): Promise<void> {
    const stripe = await this.#stripes.admit(key.site, network)
    if (stripe !== null) this.#store.add({ ...key, stripe }, expandSeed(shape, seed))
  }

  read(site: string): Promise<readonly StoredSum[]> {
    return this.#store.read(site)
  }
}
