import type { Objectives } from '#contract/manifest'
import type { Judgement } from '../evaluate/judgement.ts'
import type { BuildOutcome } from '../steps/build-summary.ts'
import { type Chart, drawChart } from './charts.ts'
import { judgementCharts, makingCharts } from './report-charts.ts'
import type { ReportExtras } from './report-data.ts'
import { STYLE } from './report-style.ts'
import { tuningSection } from './tuning-section.ts'

/** The report of a build: plots and numbers in one page that opens from disk and asks for nothing. */
export function buildReport(
  outcome: BuildOutcome,
  extras: ReportExtras,
  summary: Readonly<Record<string, unknown>>,
): string {
  const { release, judged } = outcome
  const { judgement } = judged
  const name = escapeHtml(release.manifest.release)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name} – build report</title><style>${STYLE}</style></head>
<body><main>
<h1>Build report <small>${name}</small></h1>
${factsOf(outcome)}
${judgement === null ? '<p>No held-out rows to judge by: lists come from content and popularity.</p>' : qualityOf(judgement)}
<section aria-labelledby="making"><h2 id="making">How it was made</h2><div class="plots">${makingCharts(outcome, extras).map(figure).join('')}</div></section>
${tuningSection(judged.pipeline.tuning)}
${findingsOf(outcome)}
${adviceOf(extras)}
<details><summary>All numbers (report.json)</summary><pre tabindex="0">${escapeHtml(JSON.stringify(summary, null, 1))}</pre></details>
</main></body></html>
`
}

function factsOf({ release, judged, ingest, steps }: BuildOutcome): string {
  const seconds = steps.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000
  const facts = [
    ['Items', count(release.manifest.itemCount)],
    ['Users', count(ingest.users)],
    ['Rows used', `${count(ingest.rowsUsed)} of ${count(ingest.rowsRead)}`],
    ['Held out', judged.method === 'none' ? 'nothing' : `by ${judged.method}`],
    ['Users judged', count(judged.judgement?.users ?? 0)],
    ['Training time', `${seconds.toFixed(0)} s`],
    ...objectivesOf(release.manifest.rankers[0]?.objectives),
  ]
  return `<dl class="facts">${facts.map(([term = '', value = '']) => `<div><dt>${term}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`
}

/** What the ranker learnt to find, where not everything taken counts the same. */
function objectivesOf(objectives: Objectives | undefined): string[][] {
  if (objectives === undefined) return []
  const { click, conversion, value } = objectives
  return [['Ranked for', `click ${click}, conversion ${conversion}, value ${value}`]]
}

function qualityOf(judgement: Judgement): string {
  const { k, model, popularity, random, paired } = judgement
  const rows = ['ndcg', 'recall', 'hit-rate', 'map', 'coverage', 'novelty', 'diversity', 'gini', 'popularity-lift']
  const methods = [model, popularity, random]
  const cell = (method: typeof model, name: string) => {
    const value = method.metrics[name]
    const bounds = method.intervals[name]
    const text = value === undefined ? '–' : value.toFixed(4)
    return `<td>${text}${bounds === undefined ? '' : ` <small>${bounds[0].toFixed(4)} to ${bounds[1].toFixed(4)}</small>`}</td>`
  }
  const line = (name: string) =>
    `<tr><th scope="row">${name}</th>${methods.map((method) => cell(method, name)).join('')}</tr>`
  const { ratio } = paired.popularity
  const lift = Number.isFinite(ratio.mean)
    ? `<p class="lead">NDCG@${k} is <strong>${ratio.mean.toFixed(2)} x</strong> popularity's (95 % of resamples: ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}).</p>`
    : ''
  return `<section aria-labelledby="quality"><h2 id="quality">How good the lists are</h2>${lift}
<div class="scroll" tabindex="0" role="region" aria-label="Metrics"><table><thead><tr><th scope="col">metric</th><th scope="col">this release</th><th scope="col">popularity</th><th scope="col">random</th></tr></thead>
<tbody>${[...rows.map((name) => `${name}@${k}`), 'mrr', 'auc'].map(line).join('')}</tbody></table></div>
<div class="plots">${judgementCharts(judgement).map(figure).join('')}</div></section>`
}

function findingsOf({ ingest }: BuildOutcome): string {
  const groups = [
    ['dropped', ingest.dropped],
    ['used, but odd', ingest.flagged],
    ['no positive sign', ingest.ignored],
  ] as const
  const rows = groups.flatMap(([fate, reasons]) =>
    Object.entries(reasons).map(
      ([reason, n]) => `<tr><th scope="row">${escapeHtml(reason)}</th><td>${fate}</td><td>${count(n)}</td></tr>`,
    ),
  )
  const table =
    rows.length === 0
      ? '<p>Nothing to remark on.</p>'
      : `<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr><th scope="col">finding</th><th scope="col">rows are</th><th scope="col">rows</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  const warnings = ingest.warnings.map((warning) => `<li>${escapeHtml(warning)}</li>`).join('')
  return `<section aria-labelledby="data"><h2 id="data">The data</h2>
<p>${(100 * ingest.cleanShare).toFixed(1)} % of the rows are clean; order: ${ingest.order}.</p>${warnings === '' ? '' : `<ul>${warnings}</ul>`}${table}</section>`
}

function adviceOf({ advice }: ReportExtras): string {
  const list = advice.map(
    ({ change, because }) => `<li><strong>${escapeHtml(change)}</strong><br>${escapeHtml(because)}</li>`,
  )
  const body = list.length === 0 ? '<p>Nothing measured here asks for a change.</p>' : `<ol>${list.join('')}</ol>`
  return `<section aria-labelledby="next" class="next"><h2 id="next">What would help most</h2>${body}</section>`
}

function figure(chart: Chart): string {
  const label = `${escapeHtml(chart.title)}. ${escapeHtml(chart.caption)}`
  return `<figure><h3>${escapeHtml(chart.title)}</h3><div role="img" aria-label="${label}">${drawChart(chart)}</div><figcaption>${escapeHtml(chart.caption)}</figcaption></figure>`
}

const count = (value: number): string => value.toLocaleString('en')

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
