import type { CompareRunsRequest, StepResult } from '../commands/requests.ts'
import { compareRuns } from '../registry/compare-runs.ts'
import { findRun } from '../registry/runs.ts'

/** Body of `pocketshelf runs compare`. */
export async function compareTwoRuns(request: CompareRunsRequest): Promise<StepResult> {
  const [a, b] = [await findRun(request.outDir, request.a), await findRun(request.outDir, request.b)]
  const found = compareRuns(a, b)
  const text = (value: number | null) =>
    (value === null ? '-' : String(Math.round(value * 10_000) / 10_000)).padStart(14)
  return {
    summary: { a: a.id, b: b.id, ...found },
    lines: [
      `data: ${found.isSameData ? 'the same' : 'other'}; release: ${found.isSameRelease ? 'the same bytes' : 'other bytes'}`,
      ...found.settings.map(
        ({ name, a: left, b: right }) => `${name}: ${JSON.stringify(left)} -> ${JSON.stringify(right)}`,
      ),
      `${''.padEnd(24)}${a.id.padStart(14)}${b.id.padStart(14)}`,
      ...found.numbers.map(({ name, a: left, b: right }) => `${name.padEnd(24)}${text(left)}${text(right)}`),
    ],
  }
}
