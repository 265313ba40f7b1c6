import type { Counter, Metrics } from '../core/ports.ts'
import type { SumTotals } from '../core/sum-store.ts'

/**
 * Writes to Analytics Engine: isolates come and go, so counters of their own would mean nothing. One data point per request or count:
 * index the kind, blobs the labels, doubles the value. It samples; numbers that must be exact are in the stores.
 */
export class Analytics implements Metrics {
  readonly #dataset: AnalyticsEngineDataset | undefined

  constructor(dataset: AnalyticsEngineDataset | undefined) {
    this.#dataset = dataset
  }

  request(route: string, status: number, seconds: number): void {
    this.#dataset?.writeDataPoint({ indexes: ['request'], blobs: [route, String(status)], doubles: [seconds] })
  }

  add(counter: Counter, count: number): void {
    if (count > 0) this.#dataset?.writeDataPoint({ indexes: [counter], doubles: [count] })
  }

  live(site: string, channel: string, sequence: number): void {
    this.#dataset?.writeDataPoint({ indexes: ['live'], blobs: [site, channel], doubles: [sequence] })
  }

  sums(site: string, { sums, reports }: SumTotals): void {
    this.#dataset?.writeDataPoint({ indexes: ['sums'], blobs: [site], doubles: [sums, reports] })
  }

  render(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}
