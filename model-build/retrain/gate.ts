import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'

/** What the gate looks at of a release. */
export type GateInput = {
  /** `manifest.gate`: what the build measured on rows it held out. */
  readonly metrics: Readonly<Record<string, number>>
  /** See firstListBytes. */
  readonly firstListBytes: number
  /** Time of a recommendation over the other release's, measured side by side; see latencyRatio. */
  readonly latency?: number
}

/** What the gate found; `reasons` is empty when it lets the release pass. */
export type Verdict = {
  readonly reasons: readonly string[]
  /** Whether both releases were judged on the same held-out rows, so that their quality compares directly. */
  readonly isSameTest: boolean
  /** Share of the live release's quality: NDCG@20, or its multiple of popularity's where the rows differ; null when one was not measured. */
  readonly quality: number | null
  /** Share of the live release's bytes before the first personal list; null without a live release. */
  readonly bytes: number | null
  /** Share of the live release's recall of retrieval; null when one was not measured or the rows differ. */
  readonly recall: number | null
  /** Share of the live release's time of a recommendation; null where it was not measured. */
  readonly latency: number | null
}

const QUALITY = 'ndcg@20'
const POPULARITY = 'popularity.ndcg@20'
const RECALL = 'candidates.recall'

/**
 * Compares a new release with the live one. Popularity's own NDCG and the number of tested users tell whether both were tested on the same rows:
 * they depend on those alone.
 */
export function judge(next: GateInput, live: GateInput | null, gate: Config['gate']): Verdict {
  const reasons: string[] = []
  const lift = liftOf(next)
  if (lift !== null && lift < gate.minPopularityLift)
    reasons.push(`NDCG@20 is ${round(lift)} x popularity's, below ${gate.minPopularityLift}`)
  if (live === null) return { reasons, isSameTest: false, quality: null, bytes: null, recall: null, latency: null }
  const isSameTest = [POPULARITY, 'users'].every((name) => next.metrics[name] === live.metrics[name])
  const quality = isSameTest ? ratio(next.metrics[QUALITY], live.metrics[QUALITY]) : ratio(lift, liftOf(live))
  if (live.metrics[QUALITY] !== undefined && next.metrics[QUALITY] === undefined)
    reasons.push('the live release was measured and this one has no held-out rows to measure it by')
  if (quality !== null && quality < 1 - gate.maxQualityLoss) {
    const what = isSameTest ? 'NDCG@20' : "NDCG@20 over popularity's, on other held-out rows,"
    reasons.push(`${what} is ${round(quality)} of the live release's, below ${round(1 - gate.maxQualityLoss)}`)
  }
  const bytes = ratio(next.firstListBytes, live.firstListBytes)
  if (bytes !== null && bytes > 1 + gate.maxBytesGrowth)
    reasons.push(
      `the first list takes ${round(bytes)} of the live release's bytes, above ${round(1 + gate.maxBytesGrowth)}`,
    )
  const recall = isSameTest ? ratio(next.metrics[RECALL], live.metrics[RECALL]) : null
  if (recall !== null && recall < 1 - gate.maxRecallLoss)
    reasons.push(
      `the candidates' recall is ${round(recall)} of the live release's, below ${round(1 - gate.maxRecallLoss)}`,
    )
  const latency = next.latency === undefined || Number.isNaN(next.latency) ? null : next.latency
  if (latency !== null && latency > 1 + gate.maxLatencyGrowth)
    reasons.push(
      `a recommendation takes ${round(latency)} of the live release's time, above ${round(1 + gate.maxLatencyGrowth)}`,
    )
  return { reasons, isSameTest, quality, bytes, recall, latency }
}

/** @throws RecError `gate-refused` with the reasons. */
export function requirePass(verdict: Verdict): void {
  if (verdict.reasons.length === 0) return
  const { quality, bytes, recall, latency } = verdict
  const measured = Object.entries({ quality, bytes, recall, latency }).filter(([, value]) => value !== null)
  const detail = Object.fromEntries(measured) as Record<string, number> // nulls are filtered out
  throw new RecError('gate-refused', verdict.reasons.join('; '), detail)
}

function liftOf({ metrics }: GateInput): number | null {
  return ratio(metrics[QUALITY], metrics[POPULARITY])
}

function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  return typeof a === 'number' && typeof b === 'number' && b > 0 ? a / b : null
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
