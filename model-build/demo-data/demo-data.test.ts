import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { loadDataset } from '../ingest/load-dataset.ts'
import { generateCatalogue } from './catalogue.ts'
import { DEMO_CATEGORIES } from './categories.ts'
import { coverSvg } from './cover.ts'
import { DEMO_DEFAULTS, generateDemoData } from './generate-demo-data.ts'
import { DEMO_EVENTS, simulateShoppers } from './shoppers.ts'

const DAY_MS = 86_400_000
const options = { ...DEMO_DEFAULTS, items: 1500, users: 1500, interactions: 50_000 }
const items = generateCatalogue(options)
const log = simulateShoppers(items, options)

describe('generateCatalogue', () => {
  test('has distinct ids and titles in all categories, plausible prices, and series in order', () => {
    expect(items).toHaveLength(1500)
    expect(new Set(items.map((item) => item.id)).size).toBe(1500)
    expect(new Set(items.map((item) => item.title)).size).toBe(1500)
    expect(new Set(items.map((item) => item.category)).size).toBe(DEMO_CATEGORIES.length)
    expect(items.every((item) => item.price >= 0.95 && item.price < 500 && item.createdAt <= options.endAtMs)).toBe(
      true,
    )
    const volumes = items.filter((item) => item.volume > 1)
    expect(volumes.length).toBeGreaterThan(100)
    expect(volumes.every((item) => items[items.indexOf(item) - 1]?.volume === item.volume - 1)).toBe(true)
  })

  test('repeats for a seed and differs between seeds', () => {
    expect(generateCatalogue(options)).toEqual(items)
    expect(generateCatalogue({ ...options, seed: 2 })[0]).not.toEqual(items[0])
  })
})

describe('simulateShoppers', () => {
  test('gives exactly the wanted events in time order, of every user, none before its item exists', () => {
    expect(log.item).toHaveLength(50_000)
    expect(new Set(log.user).size).toBe(1500)
    expect(log.atSeconds.every((at, row) => row === 0 || at >= (log.atSeconds[row - 1] ?? 0))).toBe(true)
    const early = log.item.filter(
      (item, row) => (items[item]?.createdAt ?? 0) > (log.atSeconds[row] ?? 0) * 1000 + 1000,
    )
    expect(early.length).toBe(0)
    expect((options.endAtMs / 1000 - (log.atSeconds[0] ?? 0)) / 86_400).toBeLessThanOrEqual(options.days)
  })

  test('has a funnel, skewed popularity and hardly touched new items', () => {
    const counts = DEMO_EVENTS.map((_, event) => log.event.filter((value) => value === event).length)
    expect(counts.every((count, k) => k === 0 || (count > 0 && count < (counts[k - 1] ?? 0)))).toBe(true)
    const popularity = new Float64Array(items.length)
    for (const item of log.item) popularity[item] = (popularity[item] ?? 0) + 1
    const top = Float64Array.from(popularity).sort().reverse().slice(0, 150)
    const topShare = top.reduce((sum, count) => sum + count, 0) / log.item.length
    expect(topShare).toBeGreaterThan(0.3)
    expect(topShare).toBeLessThan(0.75)
    const cold = items
      .map((item, index) => ({ item, index }))
      .filter(({ item }) => item.createdAt > options.endAtMs - 4 * DAY_MS)
    expect(cold.length).toBeGreaterThan(15)
    const coldMean = cold.reduce((sum, { index }) => sum + (popularity[index] ?? 0), 0) / cold.length
    expect(coldMean).toBeLessThan(log.item.length / items.length / 5)
  })

  test('follows tastes: a user sees far fewer niches than chance would give', () => {
    const niches = new Map<number, Set<number>>()
    const events = new Map<number, number>()
    for (const [row, user] of log.user.entries()) {
      const seen = niches.get(user) ?? new Set<number>()
      seen.add(items[log.item[row] ?? 0]?.niche ?? -1)
      niches.set(user, seen)
      events.set(user, (events.get(user) ?? 0) + 1)
    }
    const active = [...niches].filter(([user]) => (events.get(user) ?? 0) >= 50)
    const mean = active.reduce((sum, [, seen]) => sum + seen.size, 0) / active.length
    expect(mean).toBeGreaterThan(2)
    expect(mean).toBeLessThan(16)
  })

  test('goes on with a series more often than by chance', () => {
    let chances = 0
    let taken = 0
    const last = new Map<number, number>()
    for (const [row, user] of log.user.entries()) {
      const item = log.item[row] ?? 0
      const before = last.get(user)
      last.set(user, item)
      if (before === undefined || before === item || items[before]?.series === '') continue
      if (items[before + 1]?.series !== items[before]?.series) continue
      chances++
      if (item === before + 1) taken++
    }
    expect(taken / chances).toBeGreaterThan(0.3)
  })

  test('keeps every user and the exact count when events are as few as users', () => {
    const few = simulateShoppers(items, { ...options, users: 100, interactions: 100 })
    expect([few.item.length, new Set(few.user).size]).toEqual([100, 100])
  })
})

describe('coverSvg', () => {
  test('is small, the same for the same item, and refers to nothing outside', () => {
    const covers = items.slice(0, 200).map(coverSvg)
    expect(Math.max(...covers.map((svg) => svg.length))).toBeLessThan(3500)
    expect(coverSvg(items[5] ?? { id: '', title: '', category: '' })).toBe(covers[5])
    expect(
      covers.every(
        (svg) =>
          !/href|<script|url\(/.test(svg) &&
          svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') &&
          svg.endsWith('</svg>'),
      ),
    ).toBe(true)
    expect(covers.join('')).not.toMatch(/NaN|undefined/)
  })

  test('escapes hostile titles and draws unknown categories', () => {
    const svg = coverSvg({
      id: 'x',
      title: '</svg><script>alert("1")</script> & so on',
      category: 'Nowhere',
      creator: '<b>',
    })
    expect(svg).not.toMatch(/<script|<b>/)
    expect(svg).toContain('&#60;b&#62;')
  })
})

describe('generateDemoData', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pocketshelf-demo-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  test('writes files that read back clean, with a cover for each item', async () => {
    const summary = await generateDemoData({ outDir: dir, items: 300, users: 200, interactions: 6000 })
    const [itemsFile = '', logFile = ''] = summary.files
    const { dataset, report } = await loadDataset({
      interactions: [logFile],
      items: [itemsFile],
      config: DEFAULTS,
      mode: 'clean',
      nowMs: Date.UTC(2027, 0, 1),
    })
    expect(report).toMatchObject({
      rowsRead: 6000,
      rowsUsed: 6000,
      cleanShare: 1,
      order: 'time',
      users: 200,
      items: 300,
      warnings: [],
      dropped: {},
    })
    expect(await readdir(join(dir, 'covers'))).toHaveLength(300)
    const first = dataset.items[0]
    expect(await readFile(join(dir, 'covers', `${first?.id}.svg`), 'utf8')).toContain('<svg')
    expect([first?.image, first?.url]).toEqual([`/covers/${first?.id}.svg`, `/item/${first?.id}`])
  })
})
