import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** One plot: series over common categories. */
export type Chart = {
  readonly title: string
  readonly kind: 'bar' | 'line'
  readonly categories: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
  /** Name of the value axis, with its unit. */
  readonly axis: string
}

const WIDTH = 640
const HEIGHT = 320

/** Draws a chart as an SVG text, without a browser. */
export function drawChart(chart: Chart): string {
  const plot = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  plot.setOption({
    animation: false,
    title: { text: chart.title, textStyle: { fontSize: 15 } },
    legend: { bottom: 0 },
    grid: { left: 60, right: 20, top: 60, bottom: 60 },
    xAxis: { type: 'category', data: [...chart.categories] },
    yAxis: { type: 'value', name: chart.axis },
    series: chart.series.map(({ name, values }) => ({ type: chart.kind, name, data: [...values] })),
  })
  const svg = plot.renderToSVGString()
  plot.dispose()
  return svg
}
