import { expect, test } from 'vitest'
import { drawChart } from './charts.ts'

test('drawChart draws both series and their names without a browser', () => {
  const svg = drawChart({
    title: 'Quality',
    kind: 'bar',
    categories: ['NDCG'],
    caption: 'Means.',
    axis: 'mean',
    series: [
      { name: 'this release', values: [0.3] },
      { name: 'popularity', values: [0.1] },
    ],
  })
  expect(svg.startsWith('<svg')).toBe(true)
  for (const text of ['NDCG', 'this release', 'popularity']) expect(svg).toContain(text)
  expect(svg).not.toContain('<script')
})
