import { decodeShardTable } from '#contract/shard-table'
import type { BuildOutcome } from '../steps/build-summary.ts'
import { type Chart, drawChart } from './charts.ts'

/** The report of a build: plots and numbers in one page that opens from disk and asks for nothing. */
export function buildReport(outcome: BuildOutcome, summary: Readonly<Record<string, unknown>>): string {
  const { release, judged } = outcome
  const charts = [qualityChart(outcome), recencyChart(outcome), bytesChart(outcome)].filter((chart) => chart !== null)
  const facts = [
    ['Release', release.manifest.release],
    ['Items', String(release.manifest.itemCount)],
    ['Held out by', judged.method],
    ['Users judged', String(judged.judgement?.users ?? 0)],
    ['Rows used', `${outcome.ingest.rowsUsed} of ${outcome.ingest.rowsRead}`],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(release.manifest.release)} – build report</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light}
table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left}
svg{max-width:100%;height:auto}pre{overflow:auto;background:#f6f6f6;padding:1rem}</style></head>
<body><h1>Build report</h1>
<table>${facts.map(([name = '', value = '']) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>
${charts.map((chart) => `<figure aria-label="${escapeHtml(chart.title)}">${drawChart(chart)}</figure>`).join('\n')}
<details><summary>All numbers</summary><pre>${escapeHtml(JSON.stringify(summary, null, 2))}</pre></details>
</body></html>
`
}

function qualityChart({ judged }: BuildOutcome): Chart | null {
  if (judged.judgement === null) return null
  const { model, popularity } = judged.judgement
  const names = ['ndcg', 'recall', 'hit-rate', 'map']
  const values = (of: typeof model) => names.map((name) => of.metrics[`${name}@20`])
  return {
    title: 'On held-out rows, lists of 20',
    kind: 'bar',
    categories: ['NDCG', 'recall', 'hit rate', 'MAP'],
    axis: 'mean over users',
    series: [
      { name: 'this release', values: values(model) },
      { name: 'popularity', values: values(popularity) },
    ],
  }
}

function recencyChart({ judged }: BuildOutcome): Chart | null {
  const { tried } = judged.pipeline.recency
  if (tried.length === 0) return null
  return {
    title: 'How fast a history should fade (validation users)',
    kind: 'line',
    categories: tried.map(({ ratio }) => String(ratio)),
    axis: 'NDCG@20',
    series: [
      { name: 'user vector', values: tried.map(({ dot }) => dot) },
      { name: 'votes', values: tried.map(({ votes }) => votes) },
    ],
  }
}

function bytesChart({ release }: BuildOutcome): Chart {
  const { manifest, objects } = release
  const table = decodeShardTable(objects.get(manifest.shardTable.hash) ?? new Uint8Array())
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0) / 1000
  const cells = table.cells.map((cell) => cell.objects)
  const parts = {
    vectors: sum(cells.flatMap(({ vectors }) => vectors.map(({ sizeBytes }) => sizeBytes))),
    voters: sum(cells.map(({ voters }) => voters.sizeBytes)),
    columns: sum(cells.map(({ columns }) => columns.sizeBytes)),
    cards: sum(cells.flatMap(({ cards }) => cards.map(({ sizeBytes }) => sizeBytes))),
    graphs: sum(table.graphs.map(({ sizeBytes }) => sizeBytes)),
    rankers: sum(manifest.rankers.flatMap(({ onnx, trees }) => [onnx.sizeBytes, trees.sizeBytes])),
  }
  return {
    title: 'Bytes before compression',
    kind: 'bar',
    categories: Object.keys(parts),
    axis: 'kB',
    series: [{ name: 'size', values: Object.values(parts) }],
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
