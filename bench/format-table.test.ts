import { expect, test } from 'vitest'
import { formatTable } from './format-table.ts'

test('formatTable › aligns a list of records under their names', () => {
  const rows = [
    { engine: 'scan', p50Ms: 1.23456 },
    { engine: 'hnsw', p50Ms: 2, note: 'ef 64' },
  ]
  expect(formatTable(rows)).toBe('engine  p50Ms  note\nscan    1.235\nhnsw    2      ef 64')
})

test('formatTable › writes one record as lines, nested values as JSON', () => {
  expect(formatTable({ items: 10, bytes: { wire: 3 } })).toBe('items  10\nbytes  {"wire":3}')
})
