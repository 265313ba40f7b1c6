import { drawChart } from '../report/charts.ts'
import type { PoisonPoint } from './poisoned-runs.ts'
import type { CurvePoint } from './run-simulation.ts'

/** The curve as plots in one page that opens from disk and asks for nothing. */
export function simulationReport(curve: readonly CurvePoint[], poisoned: readonly PoisonPoint[]): string {
  const runs = new Map<string, CurvePoint[]>()
  for (const point of curve) {
    const name = `${point.devices} devices, epsilon ${point.epsilon}`
    runs.set(name, [...(runs.get(name) ?? []), point])
  }
  const charts = [...runs].map(([name, points]) =>
    drawChart({
      title: `NDCG@20 of held-out users: ${name}`,
      caption: 'Mean over held-out users after each week, against no learning and training on raw logs.',
      kind: 'line',
      categories: points.map(({ reports }) => String(reports)),
      axis: 'NDCG@20',
      across: 'reports so far',
      series: [
        { name: 'learnt from private reports', values: points.map(({ ndcg20 }) => ndcg20) },
        { name: 'no learning', values: points.map(({ ndcg20None }) => ndcg20None) },
        { name: 'trained on raw logs', values: points.map(({ ndcg20Raw }) => ndcg20Raw) },
      ],
    }),
  )
  const gap = drawChart({
    title: 'Share of the gap closed after the last epoch',
    caption: 'From no learning (0 %) to training on raw logs (100 %), after the last week of each run.',
    kind: 'bar',
    categories: [...runs.keys()],
    axis: '%',
    series: [{ name: 'gap closed', values: [...runs.values()].map((points) => 100 * (points.at(-1)?.gapClosed ?? 0)) }],
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Private loop, simulated</title>
<style>:root{--ink:#222;--rule:#ccc;--series-1:#174ea6;--series-2:#b06000;--series-3:#188038}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}svg{max-width:100%;height:auto}</style></head>
<body><h1>Private loop, simulated</h1>
<p>Users of a data set, replicated to the number of devices; each report has the epsilon named, one a day and at most 4 (epsilon 1) or 8 (epsilon 2) in 28 days.</p>
${[gap, ...charts, ...poisonCharts(poisoned)].map((chart) => `<figure>${chart}</figure>`).join('\n')}
<details><summary>All numbers</summary><pre>${JSON.stringify({ curve, poisoned }, null, 2)}</pre></details>
</body></html>
`
}

/** Exposure of the pushed item and what lists lose, per run of honest and poisoned devices. */
function poisonCharts(points: readonly PoisonPoint[]): string[] {
  const runs = Map.groupBy(
    points,
    ({ devices, epsilon, share }) => `${100 * share} % of ${devices} devices poisoned, epsilon ${epsilon}`,
  )
  return [...runs].flatMap(([name, all]) => {
    const values = (isDefended: boolean, of: (point: PoisonPoint) => number) =>
      all.filter((point) => point.isDefended === isDefended).map((point) => 100 * of(point))
    const chart = (title: string, caption: string, of: (point: PoisonPoint) => number) =>
      drawChart({
        title: `${title}: ${name}`,
        caption: `${name}. ${caption}`,
        kind: 'line',
        categories: all.filter(({ isDefended }) => isDefended).map(({ epoch }) => String(epoch)),
        axis: '%',
        across: 'week',
        series: [
          { name: 'with defences', values: values(true, of) },
          { name: 'without', values: values(false, of) },
        ],
      })
    return [
      chart(
        'Lists of 20 with the pushed item',
        `Share of held-out users whose list has item ${all[0]?.target}.`,
        ({ exposure }) => exposure,
      ),
      chart('NDCG@20 lost', 'Against the same run without poison; below 0 is better than that.', ({ loss }) => loss),
    ]
  })
}
