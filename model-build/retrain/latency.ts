import type { Manifest } from '#contract/manifest'
import { openSeat, type Seat } from '../crew/seat.ts'
import { shareParts } from '../crew/shared-parts.ts'
import type { Interactions } from '../dataset.ts'
import type { Visit } from '../device/visits.ts'

/** A release in memory. */
export type ReleaseParts = { readonly manifest: Manifest; readonly objects: Iterable<readonly [string, Uint8Array]> }

/** Visits that are timed, after as many to warm up. */
const VISITS = 120

const OPTIONS = { count: 20, rules: null, withCandidates: false } as const

/**
 * How long a recommendation takes with one release over how long with another: the same visits on the same machine, taken in turn, medians.
 * @returns NaN where the log has no visits to time.
 */
export async function latencyRatio(
  next: ReleaseParts,
  live: ReleaseParts,
  { log, itemNos }: { readonly log: Interactions; readonly itemNos: Uint32Array },
): Promise<number> {
  const visits = visitsOf(log)
  if (visits.length === 0) return Number.NaN
  const open = (release: ReleaseParts): Promise<Seat> =>
    openSeat(shareParts({ ...release, log, itemNos }), { graphs: true, ranker: true })
  const seats = [await open(next), await open(live)] as const
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < 2; round++) {
    for (const visit of visits) {
      for (const [which, seat] of seats.entries()) {
        const from = performance.now()
        await seat.answers([visit], OPTIONS)
        if (round > 0) times[which]?.push(performance.now() - from)
      }
    }
  }
  for (const seat of seats) await seat.close()
  return median(times[0]) / median(times[1])
}

function visitsOf({ userCount, userOffsets }: Interactions): Visit[] {
  const every = Math.max(1, Math.floor(userCount / VISITS))
  return Array.from({ length: Math.min(VISITS, userCount) }, (_, place) => {
    const from = userOffsets[place * every]
    const to = userOffsets[place * every + 1]
    return { known: Int32Array.from({ length: to - from }, (_unused, k) => from + k), at: Number.NaN }
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
