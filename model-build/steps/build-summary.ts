import type { SplitResult } from '../evaluate/evaluate-split.ts'
import type { IngestReport } from '../ingest/report.ts'
import type { StepTime } from '../pipeline/progress.ts'
import { rankerSummary } from '../rank/fit-ranker.ts'
import type { AssembledRelease } from '../release/assemble.ts'
import type { Verdict } from '../retrain/gate.ts'
import { tuningLines } from '../tune/tuning.ts'

/** What a build has to tell. */
export type BuildOutcome = {
  readonly judged: SplitResult
  readonly release: AssembledRelease
  readonly ingest: IngestReport
  readonly publication: number
  readonly isSigned: boolean
  readonly outDir: string
  readonly steps: readonly StepTime[]
  /** Against the folder's last release; null for a first one. */
  readonly verdict: Verdict | null
}

/** The JSON of `build --json`. */
export function buildSummary({
  judged,
  release,
  ingest,
  publication,
  isSigned,
  outDir,
  steps,
  verdict,
}: BuildOutcome): Record<string, unknown> {
  const bytes = Array.from(release.objects.entries()).reduce((sum, [, object]) => sum + object.length, 0)
  return {
    out: outDir,
    release: release.manifest.release,
    publication,
    signed: isSigned,
    items: release.manifest.itemCount,
    objects: release.objects.size,
    sizeBytes: bytes,
    ingest,
    heldOut: judged.judgement,
    split: judged.method,
    gate: verdict,
    steps,
    chosen: {
      effort: judged.pipeline.effort,
      models: judged.pipeline.models,
      recency: judged.pipeline.recency,
      second: judged.pipeline.second,
      ranker: rankerSummary(judged.pipeline.ranker),
      tuning: judged.pipeline.tuning,
      objectives: release.manifest.rankers[0]?.objectives ?? null,
      outsideRanker: judged.pipeline.outside?.validation ?? null,
    },
  }
}

/** The same for people. */
export function buildLines(outcome: BuildOutcome): string[] {
  const { verdict } = outcome
  const { judged, release, ingest, publication, isSigned, outDir } = outcome
  const lines = [
    `release ${release.manifest.release} in ${outDir} (publication ${publication}, ${isSigned ? 'signed' : 'not signed: no --keys'})`,
    `rows: ${ingest.rowsRead} read, ${ingest.rowsUsed} used; ${ingest.users} users, ${release.manifest.itemCount} items`,
  ]
  for (const [reason, count] of Object.entries(ingest.dropped)) lines.push(`dropped ${count}: ${reason}`)
  for (const [reason, count] of Object.entries(ingest.flagged)) lines.push(`flagged ${count}: ${reason}`)
  for (const reason of verdict?.reasons ?? []) lines.push(`worse than the last release: ${reason}`)
  if (judged.pipeline.effort === 'quick')
    lines.push(
      'quick: the log was looked at by samples; [training] effort = "thorough" takes longer and ranks better, above all sparse logs',
    )
  lines.push(...tuningLines(judged.pipeline.tuning))
  lines.push(`report: ${outDir}/report.html`)
  if (judged.judgement === null)
    return [...lines, 'no held-out rows to judge by; lists come from content and popularity']
  const { model, popularity, users } = judged.judgement
  const [own, other] = [model, popularity].map(({ metrics }) => metrics['ndcg@20'])
  const lift = other > 0 ? ` = ${(own / other).toFixed(2)} x popularity's ${other.toFixed(4)}` : ''
  return [...lines, `held out (${judged.method}, ${users} users): NDCG@20 ${own.toFixed(4)}${lift}`]
}
