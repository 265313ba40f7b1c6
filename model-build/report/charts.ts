import { BarChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, SVGRenderer])

/** One plot: series over common categories. */
export type Chart = {
  readonly title: string
  /** What the plot shows, in a sentence: stands under it, and is what a screen reader says. */
  readonly caption: string
  /** `rows` are bars lying down, for long names; `curve` has points in place of categories. */
  readonly kind: 'bar' | 'rows' | 'line' | 'curve'
  readonly categories: readonly string[]
  readonly series: readonly Series[]
  /** Name of the value axis, with its unit. */
  readonly axis: string
  /** Name of the other axis; `curve` and `line` need one. */
  readonly across?: string
}

export type Series = {
  readonly name: string
  readonly values: readonly number[]
  /** Places along the other axis, of a `curve`. */
  readonly at?: readonly number[]
}

const WIDTH = 540
const HEIGHT = 290
const ROW_HEIGHT = 26

/** Colours are CSS variables of the page, so that a plot follows its light or dark scheme. Told apart without hue by their lightness. */
const COLOURS = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)'] as const
const TEXT = { color: 'var(--ink)', fontFamily: 'sans-serif', fontSize: 13 } as const
const LINES = { lineStyle: { color: 'var(--rule)' } } as const

/** Draws a chart as an SVG text, without a browser. */
export function drawChart(chart: Chart): string {
  const isRows = chart.kind === 'rows'
  const height = isRows ? 90 + chart.categories.length * (ROW_HEIGHT + 8 * (chart.series.length - 1)) : HEIGHT
  const plot = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  plot.setOption({ animation: false, color: [...COLOURS], textStyle: TEXT, ...axesOf(chart), series: seriesOf(chart) })
  const svg = plot.renderToSVGString()
  plot.dispose()
  return svg
}

function axesOf(chart: Chart) {
  const isRows = chart.kind === 'rows'
  const label = { axisLabel: TEXT, nameTextStyle: TEXT, axisLine: LINES, splitLine: LINES }
  const value = { type: 'value', ...label, name: chart.axis, nameLocation: 'middle', nameGap: isRows ? 28 : 48 }
  const names = { type: 'category', ...label, splitLine: { show: false }, data: [...chart.categories], inverse: isRows }
  const across = chart.across === undefined ? {} : { name: chart.across, nameLocation: 'middle', nameGap: 28 }
  const places = { type: 'value', ...label, scale: true, splitLine: { show: false } }
  const other = { ...(chart.kind === 'curve' ? places : names), ...across }
  const hasLegend = chart.series.length > 1
  return {
    ...(hasLegend ? { legend: { top: 0, left: 'center', itemGap: 22, textStyle: TEXT } } : {}),
    grid: { left: isRows ? 175 : 64, right: 24, top: hasLegend ? 34 : 12, bottom: 48 },
    xAxis: isRows ? value : other,
    yAxis: isRows ? { ...names, axisTick: { show: false } } : value,
  }
}

function seriesOf({ kind, series }: Chart) {
  return series.map(({ name, values, at }, index) => {
    const type = kind === 'bar' || kind === 'rows' ? 'bar' : 'line'
    const data = at === undefined ? [...values] : values.map((value, place) => [at[place], value])
    const dash = index === 0 ? 'solid' : 'dashed'
    return { type, name, data, symbolSize: 7, barMaxWidth: 26, lineStyle: { width: 2, type: dash } }
  })
}
