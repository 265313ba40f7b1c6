import { collectDefaultMetrics, Gauge, Histogram, Counter as PromCounter, Registry } from 'prom-client'
import { COUNTERS, type Counter, type Metrics } from '../core/ports.ts'
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

/** Counts in plain numbers on the hot path; prom-client formats them when somebody asks. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Map<string, number>()
  readonly #counts = new Map<Counter, number>()
  readonly #latency: Histogram<'route'>
  readonly #live: Gauge<'site' | 'channel'>

  constructor(cache: MemoryCache) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#latency = new Histogram({
      name: 'pocketshelf_request_seconds',
      help: 'Time to answer, by route',
      labelNames: ['route'],
      buckets: [0.0005, 0.001, 0.005, 0.02, 0.05, 0.15, 0.5, 2],
      registers,
    })
    this.#live = new Gauge({
      name: 'pocketshelf_live_sequence',
      help: 'Sequence that a channel serves',
      labelNames: ['site', 'channel'],
      registers,
    })
    this.#addRequests(registers)
    for (const name of COUNTERS) this.#addCount(name, registers)
    const gauge = (name: string, help: string, read: () => number) => addGauge({ name, help, read, registers })
    gauge('pocketshelf_cache_bytes', 'Objects held in memory', () => cache.stats.bytes)
    gauge('pocketshelf_cache_hits', 'Reads answered from memory since the start', () => cache.stats.hits)
    gauge('pocketshelf_cache_misses', 'Reads that went to the disk since the start', () => cache.stats.misses)
  }

  request(route: string, status: number, seconds: number): void {
    const key = `${route} ${status}`
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
    this.#latency.observe({ route }, seconds)
  }

  add(counter: Counter, count: number): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + count)
  }

  live(site: string, channel: string, sequence: number): void {
    this.#live.set({ site, channel }, sequence)
  }

  render(): Promise<string> {
    return this.#registry.metrics()
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
        for (const [key, count] of requests) {
          const [route = '', status = ''] = key.split(' ')
          this.inc({ route, status }, count)
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
