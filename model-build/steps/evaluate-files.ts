import type { EvaluateRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { evaluateFiles as evaluate } from '../evaluate/evaluate-files.ts'
import type { MetricsTable } from '../evaluate/metrics-table.ts'
import { reportTo } from './step-report.ts'

/** Body of `pocketshelf evaluate`. */
export async function evaluateFiles(request: EvaluateRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const result = await evaluate({
    ...request,
    rankings: request.rankingsFile ?? null,
    releaseDir: request.releaseDir ?? null,
    config,
    nowMs: Date.now(),
    report: reportTo(io),
  })
  const summary = {
    ...result,
    model: flatten(result.model),
    popularity: flatten(result.popularity),
    baselines: mapTables(result.baselines),
  }
  return {
    summary,
    lines: linesOf(request.cutoffs, {
      model: result.model,
      popularity: result.popularity,
      ...onlyTables(result.baselines),
    }),
  }
}

type Baselines = Awaited<ReturnType<typeof evaluate>>['baselines']

function mapTables(baselines: Baselines): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(baselines).map(([name, table]) => [name, 'at' in table ? flatten(table) : table]),
  )
}

function onlyTables(baselines: Baselines): Record<string, MetricsTable> {
  return Object.fromEntries(
    Object.entries(baselines).flatMap(([name, table]) => ('at' in table ? [[name, table] as const] : [])),
  )
}

const NAMES = {
  recall: 'recall',
  hitRate: 'hit-rate',
  ndcg: 'ndcg',
  map: 'map',
  coverage: 'coverage',
  novelty: 'novelty',
} as const

/** Metrics as `recall@10: …`, the way papers name them. */
function flatten(table: MetricsTable): Record<string, number> {
  const flat: Record<string, number> = { users: table.users, mrr: table.mrr }
  for (const [k, at] of table.at)
    for (const [key, name] of Object.entries(NAMES)) flat[`${name}@${k}`] = at[key as keyof typeof NAMES] // keys of NAMES
  return flat
}

function linesOf(cutoffs: readonly number[], tables: Readonly<Record<string, MetricsTable>>): string[] {
  const flat = Object.entries(tables).map(([name, table]) => [name, flatten(table)] as const)
  const rows = ['mrr', ...cutoffs.flatMap((k) => Object.values(NAMES).map((name) => `${name}@${k}`))]
  const head = ['metric'.padEnd(14), ...flat.map(([name]) => name.padStart(12))].join('')
  return [
    head,
    ...rows.map((row) => [row.padEnd(14), ...flat.map(([, values]) => values[row].toFixed(4).padStart(12))].join('')),
  ]
}
