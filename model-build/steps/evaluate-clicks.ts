import { type ClickTable, evaluateClicks as evaluate } from '../click/evaluate-clicks.ts'
import type { EvaluateClicksRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { reportTo } from './step-report.ts'

/** Body of `pocketshelf evaluate --task click`. */
export async function evaluateClicks(request: EvaluateClicksRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { train, test, users, items } = request
  const scores = request.scoresFile ?? null
  const found = await evaluate({ files: { train, test, users, items }, scores, config, report: reportTo(io) })
  const { model, baselines, ...rest } = found
  const tables = { ...(model === null ? {} : { model }), ...baselines }
  const summary = {
    task: 'click',
    ...(model === null ? {} : flatten(model)),
    ...rest,
    baselines: Object.fromEntries(Object.entries(baselines).map(([name, table]) => [name, flatten(table)])),
  }
  const lines = Object.entries(tables).map(([name, table]) => `${name.padEnd(18)}${textOf(table)}`)
  const counts = `${rest.trainRows} rows learnt, ${rest.testRows} scored, split by ${rest.relation}`
  return { summary, lines: [counts, ...lines] }
}

function flatten({ auc, logLoss }: ClickTable): Record<string, unknown> {
  return {
    auc: auc.value,
    logLoss: logLoss.value,
    interval: { auc: [auc.low, auc.high], logLoss: [logLoss.low, logLoss.high] },
  }
}

function textOf({ auc, logLoss }: ClickTable): string {
  const range = ({ value, low, high }: ClickTable['auc']) =>
    `${value.toFixed(4)} (${low.toFixed(4)} … ${high.toFixed(4)})`
  return `AUC ${range(auc)}   log loss ${range(logLoss)}`
}
