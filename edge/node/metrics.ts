import { collectDefaultMetrics, Gauge, Counter as PromCounter, Registry } from 'prom-client'
import { COUNTERS, type Counter, type Metrics } from '../core/ports.ts'
import type { SumTotals } from '../core/sum-store.ts'
import type { MemoryCache } from './memory-cache.ts'

const HELP: Readonly<Record<Counter, string>> = {
  events_accepted: 'Events stored',
  events_refused: 'Events refused, one by one',
  batches_stored: 'Batches stored for the first time',
  batches_duplicate: 'Batches known before',
  batches_declined: 'Batches dropped because the browser asks for no tracking',
  rate_limited: 'Requests refused by a rate limit',
  objects_stored: 'Objects uploaded',
  served_bytes: 'Bytes of objects, pointers and lists sent to visitors, as encoded',
  pseudonyms_forgotten: 'Requests to forget a pseudonym',
}

/** Upper bounds in seconds. */
const BUCKETS = [0.0005, 0.001, 0.005, 0.02, 0.05, 0.15, 0.5, 2]
const LATENCY = 'pocketshelf_request_seconds'

type Latency = { readonly buckets: Float64Array; sum: number }

/** Counts in plain numbers on the hot path; prom-client formats them when somebody asks. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Map<string, Map<number, number>>()
  readonly #counts = new Map<Counter, number>()
  readonly #latency = new Map<string, Latency>()
  readonly #live: Gauge<'site' | 'channel'>
  readonly #sums: Gauge<'site'>
  readonly #sumReports: Gauge<'site'>

  constructor(cache: MemoryCache) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#live = new Gauge({
      name: 'pocketshelf_live_sequence',
      help: 'Sequence that a channel serves',
      labelNames: ['site', 'channel'],
      registers,
    })
    const perSite = { labelNames: ['site'] as const, registers }
    this.#sums = new Gauge({ ...perSite, name: 'pocketshelf_sums', help: 'Sums of reports that are stored' })
    const help = 'Reports in stored sums; moves by 20 or more'
    this.#sumReports = new Gauge({ ...perSite, name: 'pocketshelf_sums_reports', help })
    this.#addRequests(registers)
    for (const name of COUNTERS) this.#addCount(name, registers)
    const gauge = (name: string, help: string, read: () => number) => addGauge({ name, help, read, registers })
    gauge('pocketshelf_cache_bytes', 'Objects held in memory', () => cache.stats.bytes)
    gauge('pocketshelf_cache_hits', 'Reads answered from memory since the start', () => cache.stats.hits)
    gauge('pocketshelf_cache_misses', 'Reads that went to the disk since the start', () => cache.stats.misses)
  }

  request(route: string, status: number, seconds: number): void {
    const byStatus = this.#requests.get(route) ?? new Map<number, number>()
    if (byStatus.size === 0) this.#requests.set(route, byStatus)
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
    const latency = this.#latency.get(route) ?? { buckets: new Float64Array(BUCKETS.length + 1), sum: 0 }
    if (latency.sum === 0) this.#latency.set(route, latency)
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++
    latency.buckets[bucket] = (latency.buckets[bucket] ?? 0) + 1
    latency.sum += seconds
  }

  add(counter: Counter, count: number): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + count)
  }

  live(site: string, channel: string, sequence: number): void {
    this.#live.set({ site, channel }, sequence)
  }

  sums(site: string, { sums, reports }: SumTotals): void {
    this.#sums.set({ site }, sums)
    this.#sumReports.set({ site }, reports)
  }

  async render(): Promise<string> {
    return `${await this.#registry.metrics()}${this.#latencyText()}`
  }

  /** A histogram in the text format; prom-client's own costs 2 µs per observation. */
  #latencyText(): string {
    const lines = [`\n# HELP ${LATENCY} Time to answer, by route`, `# TYPE ${LATENCY} histogram`]
    for (const [route, { buckets, sum }] of this.#latency) {
      let total = 0
      buckets.forEach((count, i) => {
        total += count
        lines.push(`${LATENCY}_bucket{le="${BUCKETS[i] ?? '+Inf'}",route="${route}"} ${total}`)
      })
      lines.push(`${LATENCY}_sum{route="${route}"} ${sum}`, `${LATENCY}_count{route="${route}"} ${total}`)
    }
    return `${lines.join('\n')}\n`
  }

  #addRequests(registers: Registry[]): void {
    const requests = this.#requests
    new PromCounter({
      name: 'pocketshelf_requests_total',
      help: 'Requests answered, by route and status',
      labelNames: ['route', 'status'],
      registers,
      collect() {
        this.reset()
        for (const [route, byStatus] of requests) {
          for (const [status, count] of byStatus) this.inc({ route, status: String(status) }, count)
        }
      },
    })
  }

  #addCount(name: Counter, registers: Registry[]): void {
    const counts = this.#counts
    new PromCounter({
      name: `pocketshelf_${name}_total`,
      help: HELP[name],
      registers,
      collect() {
        this.reset()
        this.inc(counts.get(name) ?? 0)
      },
    })
  }
}

function addGauge(gauge: { name: string; help: string; read: () => number; registers: Registry[] }): void {
  const { name, help, read, registers } = gauge
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read())
    },
  })
}
