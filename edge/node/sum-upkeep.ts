import { epochOf } from '#contract/feedback/plan'
import type { Clock, Log, Metrics } from '../core/ports.ts'
import type { SumDatabase } from './sum-database.ts'

const FLUSH_EVERY_MS = 60_000

type Parts = {
  readonly sums: SumDatabase
  readonly sites: () => readonly string[]
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

/** Writes what may be written and tells what is stored, at once and every minute. @returns Stops it. */
export function flushPeriodically({ sums, sites, metrics, clock, log }: Parts): () => void {
  const run = async () => {
    await sums.flush(epochOf(clock.now()))
    for (const site of sites()) metrics.sums(site, await sums.totals(site))
  }
  const start = () => {
    run().catch((error: unknown) => {
      log('sums-not-written', { error: error instanceof Error ? error.message : 'unknown' })
    })
  }
  start()
  const timer = setInterval(start, FLUSH_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** Writes for the last time; what is less than 20 reports is lost. */
export async function closeSums(sums: SumDatabase, clock: Clock): Promise<void> {
  await sums.flush(epochOf(clock.now())).finally(() => sums.close())
}
