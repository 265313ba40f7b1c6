import type { Search } from '../tune/halve.ts'
import type { Setting } from '../tune/search-space.ts'
import { type TunedStage, type Tuning, verdictOf } from '../tune/tuning.ts'

/** Trials that a table shows; report.json has all. */
const MOST_ROWS = 8

/** What tuning tried, as a section of the report; empty where nothing was tuned. All of it is numbers and our own words. */
export function tuningSection(tuning: Tuning | null): string {
  if (tuning === null) return ''
  const stages: readonly (readonly [string, TunedStage | null])[] = [
    ['First stage', tuning.firstStage],
    ['Ranker', tuning.ranker],
  ]
  const parts = stages.map(([name, stage]) =>
    stage === null ? '' : `<p>${name}: ${verdictOf(stage)}.</p>${stage.searches.map(trialTable).join('')}`,
  )
  return `<section aria-labelledby="tuning"><h2 id="tuning">What tuning tried</h2>${parts.join('')}</section>`
}

/** The last rung first, on each the best first; rungs differ in rows and users, so that only trials of one compare. */
function trialTable({ name, trials, best }: Search<Setting>): string {
  const order = [...trials].sort((a, b) => b.rung - a.rung || b.ndcg - a.ndcg).slice(0, MOST_ROWS)
  const columns = Object.keys(best)
  const head = ['rung', ...columns, 'NDCG@20'].map((column) => `<th scope="col">${column}</th>`).join('')
  const rows = order.map(({ setting, rung, ndcg }) => {
    const values = columns.map((column) => String(Number(setting[column].toPrecision(4))))
    return `<tr>${[String(rung + 1), ...values, ndcg.toFixed(4)].map((value) => `<td>${value}</td>`).join('')}</tr>`
  })
  const label = `Trials of the ${name}, ${order.length} of ${trials.length}`
  return `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><caption>${label}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}
