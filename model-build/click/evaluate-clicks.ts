import type { Config } from '../config/schema.ts'
import { writeJsonLines } from '../evaluate/json-lines.ts'
import { withDatabase } from '../ingest/database.ts'
import type { Report } from '../pipeline/progress.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { baselineScores } from './baselines.ts'
import { clickMetrics, type Interval, type ReliabilityBin, reliability } from './click-metrics.ts'
import { type ClickFit, fitClicks } from './fit-clicks.ts'
import { type ImpressionFiles, type Impressions, NO_LABEL, readImpressions } from './read-impressions.ts'

export type ClickTable = { readonly auc: Interval; readonly logLoss: Interval }

/** What `evaluate --task click` found; tables are null where the test rows have no labels. */
export type ClickEvaluation = Omit<ClickFit, 'probabilities'> & {
  readonly trainRows: number
  readonly testRows: number
  /** Share of ones in the train rows. */
  readonly baseRate: number
  readonly malformed: number
  readonly dropped: number
  readonly model: ClickTable | null
  readonly baselines: Readonly<Record<string, ClickTable>>
  /** Ten groups of test rows by rising probability. */
  readonly reliability: readonly ReliabilityBin[]
}

export type ClickOptions = {
  readonly files: ImpressionFiles
  /** Where a line per test row goes; null writes none. */
  readonly scores: string | null
  readonly config: Config
  readonly report: Report
}

/**
 * Fits on labelled impressions, scores the test rows, and measures AUC and log loss where they are labelled.
 * @throws RecError `input-missing` or `input-malformed`
 */
export async function evaluateClicks({ files, scores, config, report }: ClickOptions): Promise<ClickEvaluation> {
  const rows = await report.step('read impressions', () =>
    withDatabase(config.input, (connection) => readImpressions(connection, files, config.input)),
  )
  const pool = await createKernelPool()
  try {
    const { probabilities, ...fit } = await fitClicks(rows, { pool, seed: config.seed, report })
    if (scores !== null) await writeScores(scores, rows, probabilities)
    const usable = rows.label.subarray(0, rows.trainCount).filter((label) => label !== NO_LABEL)
    const tables = await report.step('measure', async () => measure(rows, probabilities, config.seed))
    const baseRate = usable.reduce((sum, label) => sum + label, 0) / usable.length
    const counts = { trainRows: usable.length, testRows: rows.rowCount - rows.trainCount, baseRate }
    return { ...fit, ...counts, malformed: rows.malformed, dropped: rows.dropped, ...tables }
  } finally {
    await pool.close()
  }
}

function measure(
  rows: Impressions,
  probabilities: Float64Array,
  seed: number,
): Pick<ClickEvaluation, 'model' | 'baselines' | 'reliability'> {
  const all = rows.label.subarray(rows.trainCount)
  const labelled = Int32Array.from(all.keys()).filter((k) => all[k] !== NO_LABEL)
  if (labelled.length === 0) return { model: null, baselines: {}, reliability: [] }
  const labels = Uint8Array.from(labelled, (k) => all[k])
  const pick = (scores: Float64Array) => Float64Array.from(labelled, (k) => scores[k])
  const table = (scores: Float64Array) => clickMetrics(pick(scores), labels, { seed })
  const baselines = Object.fromEntries(
    Object.entries(baselineScores(rows)).map(([name, scores]) => [name, table(scores)]),
  )
  return { model: table(probabilities), baselines, reliability: reliability(pick(probabilities), labels) }
}

function writeScores(path: string, rows: Impressions, probabilities: Float64Array): Promise<void> {
  const textOf = (texts: readonly string[], code: number) => (code < 0 ? '' : texts[code])
  return writeJsonLines(
    path,
    Array.from(probabilities, (score, k) => {
      const row = rows.trainCount + k
      const ids = { user_id: textOf(rows.userIds, rows.user[row]), item_id: textOf(rows.itemIds, rows.item[row]) }
      return { ...ids, score: Number(score.toPrecision(8)) }
    }),
  )
}
