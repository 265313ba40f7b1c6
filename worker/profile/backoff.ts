/** Waits before the edge is asked again, ms: the first, doubled each time up to the last. */
const FIRST_MS = 5_000
const MOST_MS = 600_000

/** How long to wait after so many failures in a row, ms: a random share of it, at least half, so that devices do not come back together. */
export function backoffMs(failures: number, random: () => number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (0.5 + random() / 2)
}
