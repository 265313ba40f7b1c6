import type { RunsRequest, StepResult } from '../commands/requests.ts'
import { readRuns } from '../registry/runs.ts'

/** Body of `pocketshelf runs list`. */
export async function listRuns({ outDir }: RunsRequest): Promise<StepResult> {
  const runs = await readRuns(outDir)
  const lines = runs.map(({ id, at, dataHash, metrics, sizeBytes, steps, refusals, tuned }) => {
    const seconds = steps.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000
    const ndcg = metrics['ndcg@20']
    return [
      id.padEnd(14),
      at.slice(0, 19),
      `data ${dataHash.slice(0, 8)}`,
      `NDCG@20 ${ndcg === undefined ? '-     ' : ndcg.toFixed(4)}`,
      `${(sizeBytes / 1e6).toFixed(1)} MB`,
      `${seconds.toFixed(0)} s`,
      tuned === null ? '' : `tuned: ${tuned.length === 0 ? 'defaults kept' : tuned.join(' and ')}`,
      refusals.length === 0 ? '' : 'worse than the one before',
    ]
      .filter((part) => part !== '')
      .join('  ')
  })
  return { summary: { runs }, lines: lines.length === 0 ? [`no builds in ${outDir} yet`] : lines }
}
