import { type Blocks, isHistory } from './blocks.ts'
import { singleGroups } from './groups.ts'
import { createTimelines, NEAREST, nearLabels, type Timelines } from './near-labels.ts'
import { numbersByRow } from './number-columns.ts'
import {
  pairEffects,
  pickPairs,
  type SmoothedGroups,
  type SmoothedPair,
  singleRates,
  smoothSingles,
} from './pick-pairs.ts'
import type { Impressions } from './read-impressions.ts'
import { type GroupRates, type History, logit, meanOfEntries, sigmoid } from './target-statistics.ts'

/** Columns of features over all rows; NaN where there is nothing to say. Each column has one entry per row. */
export type FeatureColumn = { readonly name: string; readonly values: Float32Array }

/** What features are made of, chosen on train labels once. */
export type StatisticPlan = { readonly singles: readonly SmoothedGroups[]; readonly pairs: readonly SmoothedPair[] }

/** The train rows whose labels a block's features may use. */
export function historyOf(rows: Impressions, blocks: Blocks, block: number): History {
  const list = Int32Array.from({ length: rows.trainCount }, (_, row) => row).filter((row) =>
    isHistory(blocks, row, block),
  )
  let clicks = 0
  for (const row of list) clicks += rows.label[row]
  return { rows: list, label: rows.label, base: (clicks + 0.5) / (list.length + 1) }
}

/** The rows of a block; `blocks.count` are the test rows. */
export function rowsOf(rows: Impressions, blocks: Blocks, block: number): Int32Array {
  if (block === blocks.count)
    return Int32Array.from({ length: rows.rowCount - rows.trainCount }, (_, k) => rows.trainCount + k)
  return Int32Array.from({ length: rows.trainCount }, (_, row) => row).filter((row) => blocks.of[row] === block)
}

/** Chooses smoothing and pairs of columns on all train labels. */
export function planStatistics(rows: Impressions, blocks: Blocks): StatisticPlan {
  const history = historyOf(rows, blocks, blocks.count)
  const singles = smoothSingles(singleGroups(rows), history)
  return { singles, pairs: pickPairs(rows, singles, history) }
}

/**
 * Statistics of labels for each row, from its block's history only: smoothed rates and counts of user, item and each category, what pairs of
 * columns add, the labels nearest in time of the same user and item; beside them the number columns.
 */
export function statisticFeatures(rows: Impressions, blocks: Blocks, plan: StatisticPlan): FeatureColumn[] {
  const column = (name: string) => ({ name, values: new Float32Array(rows.rowCount).fill(Number.NaN) })
  const rates = plan.singles.map(({ groups }) => column(`rate ${groups.name}`))
  const counts = plan.singles.map(({ groups }) => column(`count ${groups.name}`))
  const effects = plan.pairs.map(({ groups }) => column(`effect ${groups.name}`))
  const near = createNearColumns(rows, blocks.draw)
  for (const block of [...blocks.learnt, blocks.count]) {
    const history = historyOf(rows, blocks, block)
    const own = rowsOf(rows, blocks, block)
    const byGroup = singleRates(plan.singles, history)
    const scale = rows.trainCount / history.rows.length
    const base = logit(history.base)
    plan.singles.forEach(({ groups }, k) => {
      const { logOdds, n } = byGroup[k]
      for (const row of own) rates[k].values[row] = meanOfEntries(groups, row, (g) => logOdds[g], base)
      for (const row of own) counts[k].values[row] = Math.log1p(scale * meanOfEntries(groups, row, (g) => n[g], 0))
    })
    plan.pairs.forEach((pair, k) => {
      const effect = pairEffects(pair, byGroup, history)
      for (const row of own) effects[k].values[row] = meanOfEntries(pair.groups, row, (g) => effect[g], 0)
    })
    near?.fill(own, history, byGroup)
  }
  const numbers = numbersByRow(rows).map(({ name, values }) => ({ name, values: Float32Array.from(values) }))
  const time = blocks.relation === 'time' || near === undefined ? [] : [timeColumn(rows)]
  return [...rates, ...counts, ...effects, ...(near?.columns ?? []), ...numbers, ...time]
}

function timeColumn({ times }: Impressions): FeatureColumn {
  const known = times.key.filter((value) => !Number.isNaN(value))
  const first = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const last = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return { name: 'time', values: Float32Array.from(times.key, (value) => (value - first) / (last - first)) }
}

type NearColumns = {
  readonly columns: readonly FeatureColumn[]
  fill(own: Int32Array, history: History, rates: readonly GroupRates[]): void
}

/** Columns of labels near in time; undefined for logs without times. Residuals are against the other side's rate. */
function createNearColumns(rows: Impressions, draw: Float64Array): NearColumns | undefined {
  const { key } = rows.times
  if (key.every((value) => Number.isNaN(value))) return undefined
  const sides = [
    {
      name: 'user',
      owner: rows.user,
      lines: createTimelines(rows.user, rows.userIds.length, { key, draw }),
      other: rows.item,
      rate: 1,
    },
    {
      name: 'item',
      owner: rows.item,
      lines: createTimelines(rows.item, rows.itemIds.length, { key, draw }),
      other: rows.user,
      rate: 0,
    },
  ]
  const names = [...NEAREST.map((k) => `nearest ${k}`), 'since']
  const columns = sides.flatMap((side) =>
    names.map((name) => ({ name: `${name} ${side.name}`, values: new Float32Array(rows.rowCount).fill(Number.NaN) })),
  )
  const fill = (own: Int32Array, history: History, rates: readonly GroupRates[]) => {
    sides.forEach((side, s) => {
      const residual = new Float32Array(rows.rowCount).fill(Number.NaN)
      for (const row of history.rows)
        residual[row] = history.label[row] - sigmoid(rates[side.rate].logOdds[side.other[row]])
      fillNear(own, side, { key, residual }, columns.slice(s * names.length, (s + 1) * names.length))
    })
  }
  return { columns, fill }
}

function fillNear(
  own: Int32Array,
  side: { readonly owner: Int32Array; readonly lines: Timelines },
  data: { readonly key: Float64Array; readonly residual: Float32Array },
  columns: readonly FeatureColumn[],
): void {
  const out = new Float64Array(NEAREST.length + 1)
  for (const row of own) {
    nearLabels(side.lines, row, { ...data, owner: side.owner[row] }, out)
    for (let k = 0; k < NEAREST.length; k++) columns[k].values[row] = out[k]
    columns[NEAREST.length].values[row] = Math.log1p(out[NEAREST.length] / 1000)
  }
}
