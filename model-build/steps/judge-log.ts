import type { JudgeLogRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { withDatabase } from '../ingest/database.ts'
import type { Estimate } from '../ope/estimators.ts'
import { judgePolicy, policyOfLog, uniformPolicy } from '../ope/judge-policy.ts'
import { readShowings, type ShowingLog } from '../ope/showings.ts'
import { reportTo } from './step-report.ts'

/** Body of `pocketshelf ope`. */
export async function judgeLog(request: JudgeLogRequest, io: StepIo): Promise<StepResult> {
  const { input, seed } = await resolveConfig(request.configFile, request.overrides)
  const report = reportTo(io)
  const read = (paths: readonly string[]) => withDatabase(input, (connection) => readShowings(connection, paths, input))
  const log = await report.step('read log', () => read(request.log))
  const target = request.target === 'uniform' ? null : await report.step('read target', () => read([request.target]))
  const policy = target === null ? uniformPolicy(log.item) : policyOfLog(target)
  const found = await report.step('estimate', async () => judgePolicy(log, policy, { clip: request.clip, seed }))
  const summary = {
    showings: log.item.length,
    logged: meanReward(log),
    onPolicy: target === null || target.reward.some(Number.isNaN) ? null : meanReward(target),
    ...found,
  }
  const text = ({ value, low, high }: Estimate) => `${value.toFixed(5)} (${low.toFixed(5)} … ${high.toFixed(5)})`
  const lines = [
    `the log's own policy earned ${summary.logged.toFixed(5)} per showing`,
    `IPS    ${text(found.ips)}`,
    `SNIPS  ${text(found.snips)}`,
    `DR     ${text(found.dr)}`,
    `worth ${found.effectiveSampleSize.toFixed(0)} of ${log.item.length} showings; ${(100 * found.clippedShare).toFixed(1)} % clipped`,
    ...(summary.onPolicy === null ? [] : [`the target's own log earned ${summary.onPolicy.toFixed(5)} per showing`]),
  ]
  return { summary, lines }
}

function meanReward({ reward }: ShowingLog): number {
  return reward.reduce((sum, value) => sum + value, 0) / reward.length
}
