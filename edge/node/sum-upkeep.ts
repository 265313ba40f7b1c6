import { epochOf } from '#contract/feedback/plan'
import type { Clock, Log } from '../core/ports.ts'
import type { SumDatabase } from './sum-database.ts'

const FLUSH_EVERY_MS = 60_000

/** Writes what may be written, every minute. @returns Stops it. */
export function flushPeriodically(sums: SumDatabase, clock: Clock, log: Log): () => void {
  const timer = setInterval(() => {
    sums.flush(epochOf(clock.now())).catch((error: unknown) => {
      log('sums-not-written', { error: error instanceof Error ? error.message : 'unknown' })
    })
  }, FLUSH_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** Writes for the last time; what is less than 20 reports is lost. */
export async function closeSums(sums: SumDatabase, clock: Clock): Promise<void> {
  await sums.flush(epochOf(clock.now())).finally(() => sums.close())
}
