import { DurableObject } from 'cloudflare:workers'
import type { Clock } from '../core/ports.ts'
import { StripedSums } from '../core/striped-sums.ts'
import type { CheckedReport, StoredSum, SumTotals } from '../core/sum-store.ts'
import type { Bindings } from './bindings.ts'
import { ObjectSums } from './object-sums.ts'

const clock: Clock = { now: () => Date.now(), seconds: () => performance.now() / 1000 }

/**
 * The sums of one site. It alone has the day's key and the counters of networks, in memory: when the runtime evicts it, a new key is drawn and
 * networks are counted anew. Sums are in its storage after each report.
 */
export class SumsObject extends DurableObject<Bindings> {
  readonly #store: ObjectSums
  readonly #sums: StripedSums

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.#store = new ObjectSums(state.storage)
    this.#sums = new StripedSums(this.#store, clock)
  }

  take(report: CheckedReport, network: string): Promise<void> {
    return this.#sums.take(report, network)
  }

  async read(site: string): Promise<StoredSum[]> {
    return [...(await this.#store.read(site))]
  }

  /** As `SumStore.flush`. @returns What is stored afterwards. */
  async flush(epoch: number): Promise<SumTotals> {
    await this.#store.flush(epoch)
    return this.#store.totals()
  }
}
