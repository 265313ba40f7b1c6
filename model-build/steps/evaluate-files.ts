import type { EvaluateRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { evaluateFiles as evaluate } from '../evaluate/evaluate-files.ts'
import { type FlatMetrics, METRIC_NAMES } from '../evaluate/flat-metrics.ts'
import { judgeRelease } from '../evaluate/judge-release.ts'
import type { Leaks } from '../evaluate/judgement.ts'
import { tuningLines } from '../tune/tuning.ts'
import { reportTo } from './step-report.ts'

/** Body of `pocketshelf evaluate`. */
export async function evaluateFiles(request: EvaluateRequest, io: StepIo): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const result = await evaluate({
    ...request,
    rankings: request.rankingsFile ?? null,
    perUser: request.perUserFile ?? null,
    releaseDir: request.releaseDir ?? null,
    config,
    nowMs: Date.now(),
    report: reportTo(io),
  })
  const { judgement, ...rest } = result
  for (const warning of [...result.warnings, ...leakWarnings(judgement.leaks)]) io.warn(warning)
  const { model, popularity, random, ...parts } = judgement
  const intervals = { model: model.intervals, popularity: popularity.intervals, random: random.intervals }
  const methods = { model: model.metrics, popularity: popularity.metrics, random: random.metrics }
  const baselines = metricsOf(result.baselines)
  const summary = { ...rest, ...methods, intervals, ...parts, baselines: flatBaselines(result.baselines) }
  return {
    summary,
    lines: [
      ...linesOf(request.cutoffs, { ...methods, ...baselines }),
      ...pairedLines(result),
      ...precisionLines(result),
      ...tuningLines(result.chosen.tuning),
    ],
  }
}

/** Body of `pocketshelf evaluate --release`. */
export async function evaluateRelease(
  dir: string,
  request: Omit<EvaluateRequest, 'mode' | 'releaseDir' | 'baselines' | 'precision'>,
  io: StepIo,
): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { model, popularity, ...rest } = await judgeRelease(dir, {
    ...request,
    rankings: request.rankingsFile ?? null,
    perUser: request.perUserFile ?? null,
    config,
    nowMs: Date.now(),
    report: reportTo(io),
  })
  const methods = { model: model.metrics, popularity: popularity.metrics }
  const intervals = { model: model.intervals, popularity: popularity.intervals }
  return { summary: { mode: 'device', ...rest, ...methods, intervals }, lines: linesOf(request.cutoffs, methods) }
}

/** Shares above this are worth a word. */
const NOTABLE = 0.01

function leakWarnings({ repeatedRows, laterRows, twins }: Leaks): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [
    ...(repeatedRows > NOTABLE
      ? [`${percent(repeatedRows)} of the test rows stand in the train files as well; they can never be found`]
      : []),
    ...((laterRows ?? 0) > NOTABLE
      ? [
          `${percent(laterRows ?? 0)} of the known rows are later than what is asked for: the past is judged by its future`,
        ]
      : []),
    ...(twins > NOTABLE
      ? [`${percent(twins)} of the tested users stand in the train files under another name, test items included`]
      : []),
  ]
}

type Result = Awaited<ReturnType<typeof evaluate>>

/** Metrics of each baseline beside what is known of its run. */
function flatBaselines(baselines: Result['baselines']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(baselines).map(([name, baseline]) => {
      if ('skipped' in baseline) return [name, baseline]
      const { metrics, ...rest } = baseline
      return [name, { ...metrics, ...rest }]
    }),
  )
}

function metricsOf(baselines: Result['baselines']): Record<string, FlatMetrics> {
  return Object.fromEntries(
    Object.entries(baselines).flatMap(([name, baseline]) =>
      'skipped' in baseline ? [] : [[name, baseline.metrics] as const],
    ),
  )
}

function linesOf(cutoffs: readonly number[], methods: Readonly<Record<string, FlatMetrics>>): string[] {
  const rows = ['mrr', 'auc', ...cutoffs.flatMap((k) => METRIC_NAMES.map((name) => `${name}@${k}`))]
  const cell = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(4)).padStart(12)
  const columns = Object.entries(methods)
  return [
    ['metric'.padEnd(20), ...columns.map(([name]) => name.padStart(12))].join(''),
    ...rows.map((row) => [row.padEnd(20), ...columns.map(([, metrics]) => cell(metrics[row]))].join('')),
  ]
}

/** Bytes and NDCG of each part before and after rounding. */
function precisionLines({ precision, judgement }: Result): string[] {
  const ndcg = (value: number | null) => (value === null ? '-' : value.toFixed(4))
  return precision.map(({ part, float32Bytes, int8Bytes, float32Ndcg, int8Ndcg }) => {
    const saved = `${(100 * (1 - int8Bytes / float32Bytes)).toFixed(0)} % less`
    return `${part}: ${float32Bytes} bytes as float32, ${int8Bytes} as int8 (${saved}); NDCG@${judgement.k} alone ${ndcg(float32Ndcg)} and ${ndcg(int8Ndcg)}`
  })
}

/** How many times each other method's NDCG the model has, with its interval over users. */
function pairedLines({ judgement, baselines }: Result): string[] {
  const all = Object.entries({
    ...judgement.paired,
    ...Object.fromEntries(
      Object.entries(baselines).flatMap(([name, baseline]) =>
        'skipped' in baseline ? [] : [[name, baseline.modelOver] as const],
      ),
    ),
  })
  return all.map(([name, { ratio }]) => {
    const [mean, low, high] = [ratio.mean, ratio.low, ratio.high].map((value) => value.toFixed(3))
    return `NDCG@${judgement.k} over ${name}: ${mean} x (95 % ${low} to ${high})`
  })
}
