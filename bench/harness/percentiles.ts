/** Nearest-rank percentile of unsorted values: the smallest value that at least `share` of them do not pass; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** The three percentiles every time is reported by. */
export type Spread = { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number }

/** p50, p95 and p99 of times in milliseconds, to a microsecond. */
export function spreadOf(times: readonly number[]): Spread {
  const at = (share: number): number => rounded(percentile(times, share))
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
}

/** A number to three decimals: what is finer is noise. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
