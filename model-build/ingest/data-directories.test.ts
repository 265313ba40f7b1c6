import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_DATA_DIR, hasDataSet } from '../../tools/data-dir.ts'
import { DEFAULTS } from '../config/defaults.ts'
import { classifyShelves } from './book-genres.ts'
import { findDataFiles } from './find-files.ts'
import { loadDataset } from './load-dataset.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-data-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('findDataFiles', () => {
  test('finds logs, items and genres by name', async () => {
    for (const name of ['ratings.csv', 'books.csv', 'book_genres.csv', 'tags.csv'])
      await writeFile(join(dir, name), 'x\n')
    expect(findDataFiles(dir)).toEqual({
      interactions: [join(dir, 'ratings.csv')],
      items: [join(dir, 'books.csv')],
      genres: join(dir, 'book_genres.csv'),
    })
  })

  test('refuses a directory that is absent or holds nothing known', () => {
    expect(() => findDataFiles(join(dir, 'absent'))).toThrow(expect.objectContaining({ code: 'input-missing' }))
    expect(() => findDataFiles(tmpdir())).toThrow(expect.objectContaining({ code: 'input-missing' }))
  })
})

test('classifyShelves lets the family with most shelves win and narrow families beat broad ones', () => {
  expect(classifyShelves(['fiction', 'classics', 'mystery', 'to-read-fiction']).category).toBe('Mystery')
  expect(classifyShelves(['fantasy', 'magic', 'sci-fi', 'ya']).category).toBe('Fantasy')
  expect(classifyShelves(['fiction']).category).toBe('Fiction')
})

const books = hasDataSet('goodbooks-5pct')
const movies = hasDataSet('ml-latest-small')
if (!books || !movies) process.stderr.write(`skipping tests on real data: not all of it is in the data directory\n`)

describe('development data', () => {
  test.skipIf(!books)('goodbooks has order, no time, no image address, and categories', async () => {
    const { interactions, items } = findDataFiles(join(DEFAULT_DATA_DIR, 'goodbooks-5pct'))
    const { dataset, report } = await loadDataset({
      interactions,
      items,
      config: DEFAULTS,
      mode: 'clean',
      nowMs: Date.UTC(2026, 0, 1),
    })
    expect(report).toMatchObject({ rowsRead: 298_176, rowsUsed: 203_703, order: 'order', cleanShare: 1, items: 10_000 })
    expect(dataset.items.every((item) => item.image === '')).toBe(true)
    expect(dataset.items[0]).toMatchObject({
      title: 'The Hunger Games (The Hunger Games, #1)',
      createdAt: Date.UTC(2008, 0, 1),
    })
    expect(new Set(dataset.items.map((item) => item.category)).size).toBeGreaterThan(15)
  })

  test.skipIf(!movies)('MovieLens has real times, and genres as tags', async () => {
    const { interactions, items } = findDataFiles(join(DEFAULT_DATA_DIR, 'ml-latest-small'))
    const { dataset, report } = await loadDataset({
      interactions,
      items,
      config: DEFAULTS,
      mode: 'clean',
      nowMs: Date.UTC(2026, 0, 1),
    })
    expect(report).toMatchObject({
      rowsRead: 100_836,
      rowsUsed: 48_580,
      order: 'time',
      newestAt: 1_537_799_250_000,
      items: 9742,
    })
    expect(report.ignored).toEqual({ 'below-min-rating': 52_256 })
    expect(dataset.items[0]).toMatchObject({ id: '1', category: 'Adventure', createdAt: Date.UTC(1995, 0, 1) })
    const { userOffsets, at } = dataset.interactions
    const isSorted = dataset.users.every((_, u) =>
      at.subarray(userOffsets[u], userOffsets[u + 1]).every((value, k, row) => k === 0 || value >= (row[k - 1] ?? 0)),
    )
    expect(isSorted).toBe(true)
  })
})
