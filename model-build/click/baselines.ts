import { singleGroups } from './groups.ts'
import { singleRates, smoothSingles } from './pick-pairs.ts'
import { type Impressions, NO_LABEL } from './read-impressions.ts'
import { logit, meanOfEntries, sigmoid } from './target-statistics.ts'

/** Probabilities of the test rows by simple rules: the base rate, the item's smoothed rate, and user's and item's rates added up in log-odds. */
export function baselineScores(rows: Impressions): Record<'base rate' | 'item CTR' | 'user × item CTR', Float64Array> {
  const list = Int32Array.from({ length: rows.trainCount }, (_, row) => row).filter(
    (row) => rows.label[row] !== NO_LABEL,
  )
  const base = list.reduce((sum, row) => sum + rows.label[row], 0) / list.length
  const history = { rows: list, label: rows.label, base }
  const singles = smoothSingles(singleGroups({ ...rows, columns: [] }), history)
  const [user, item] = singleRates(singles, history)
  const own = Int32Array.from({ length: rows.rowCount - rows.trainCount }, (_, k) => rows.trainCount + k)
  const rate = (which: 0 | 1, row: number) =>
    meanOfEntries(singles[which].groups, row, (g) => [user, item][which].logOdds[g], logit(base))
  return {
    'base rate': new Float64Array(own.length).fill(base),
    'item CTR': Float64Array.from(own, (row) => sigmoid(rate(1, row))),
    'user × item CTR': Float64Array.from(own, (row) => sigmoid(rate(0, row) + rate(1, row) - logit(base))),
  }
}
