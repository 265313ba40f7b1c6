import type { Seed, Shape } from '#contract/feedback/seeds'

/** Which sum: a question of a plan in one epoch, in one of the stripes that networks are spread over. */
export type SumKey = {
  readonly site: string
  /** SHA-256 of the plan, lower-case hex. */
  readonly plan: string
  readonly epoch: number
  readonly qid: number
  /** 0 … STRIPES - 1. */
  readonly stripe: number
}

/** A sum as it lies at rest: reports in it, and what they add up to. */
export type StoredSum = SumKey & { readonly count: number; readonly sum: Float64Array }

/** A stored sum only changes by at least this many reports, so that two copies of it never differ by one. */
export const LEAST_REPORTS = 20

/** Sums are deleted this many epochs after theirs: 13 weeks are the first whole number beyond 90 days. */
export const KEPT_EPOCHS = 13

/** The sums of reports; nothing else of a report is ever handed to it. */
export interface SumStore {
  /** Adds one report; it waits until `flush` may write it. */
  add(key: SumKey, vector: Float64Array): void
  /**
   * Writes each sum that gained at least `LEAST_REPORTS`. Of epochs before `epoch` the rests of a question's stripes are merged into one
   * first, and what is still less is dropped; sums older than `KEPT_EPOCHS` are deleted.
   */
  flush(epoch: number): Promise<void>
  /** Stored sums of a site, as last written. */
  read(site: string): Promise<readonly StoredSum[]>
  totals(site: string): Promise<SumTotals>
}

/** A report whose form, plan and question were found right. */
export type CheckedReport = Omit<SumKey, 'stripe'> & { readonly shape: Shape; readonly seed: Seed }

/** What is stored of a site, without what it says. */
export type SumTotals = { readonly sums: number; readonly reports: number }

/** Where reports end. Whoever owns it owns the day's key and the counters of networks too, in memory. */
export interface ReportSums {
  /** Adds a report to the stripe of its network, unless that network sent its share today. @param network - See `networkPrefix`. */
  take(report: CheckedReport, network: string): Promise<void>
  /** As `SumStore.read`. */
  read(site: string): Promise<readonly StoredSum[]>
}
