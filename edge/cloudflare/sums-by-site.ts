import type { Metrics } from '../core/ports.ts'
import type { CheckedReport, ReportSums, StoredSum } from '../core/sum-store.ts'
import type { Bindings } from './bindings.ts'

/** Hands reports to the object that owns their site's sums. */
export class SumsBySite implements ReportSums {
  readonly #namespace: Bindings['SUMS']
  readonly #sites: readonly string[]

  constructor(namespace: Bindings['SUMS'], sites: readonly string[]) {
    this.#namespace = namespace
    this.#sites = sites
  }

  take(report: CheckedReport, network: string): Promise<void> {
    return this.#object(report.site).take(report, network)
  }

  async read(site: string): Promise<readonly StoredSum[]> {
    return this.#object(site).read(site)
  }

  /** Merges and deletes what is due in every site, see `SumStore.flush`, and tells what is stored. */
  async flush(epoch: number, metrics: Metrics): Promise<void> {
    for (const site of this.#sites) metrics.sums(site, await this.#object(site).flush(epoch))
  }

  #object(site: string) {
    return this.#namespace.get(this.#namespace.idFromName(site))
  }
}
