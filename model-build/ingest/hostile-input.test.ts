import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { type LoadedDataset, loadDataset } from './load-dataset.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
let dir = ''
let files = 0
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-hostile-'))
})
afterAll(() => rm(dir, { recursive: true }))

type Extra = { readonly extension?: string; readonly mode?: 'clean' | 'drop-nothing'; readonly items?: string }

async function load(content: string | Buffer, extra: Extra = {}): Promise<LoadedDataset> {
  const path = join(dir, `file-${++files}.${extra.extension ?? 'csv'}`)
  await writeFile(path, content)
  const itemsPath = join(dir, `items-${files}.csv`)
  if (extra.items !== undefined) await writeFile(itemsPath, extra.items)
  return loadDataset({
    interactions: [path],
    items: extra.items === undefined ? [] : [itemsPath],
    config: DEFAULTS,
    mode: extra.mode ?? 'clean',
    nowMs: NOW_MS,
  })
}

/** `count` rows u0,i0,2025-01-01T… a minute apart. */
function rows(count: number, prefix = 'u'): string {
  const start = Date.UTC(2025, 0, 1) / 1000
  return Array.from({ length: count }, (_, k) => `${prefix}${k % 40},i${k % 70},${start + k * 600},view\n`).join('')
}

const HEADER = 'user_id,item_id,timestamp,event\n'

describe('rows that cannot be used are counted, the others survive', () => {
  test('one stray quote in 100,000 rows costs one row', async () => {
    const { report } = await load(`${HEADER}${rows(50_000)}"broken,i1,1735689600,view\n${rows(50_000, 'v')}`)
    expect(report.rowsRead).toBe(100_001)
    expect(report.rowsUsed).toBe(100_000)
    expect(report.dropped).toEqual({ 'malformed-row': 1 })
  })

  test('a file of stray quotes still has its rightly quoted rows, commas inside included', async () => {
    const { report, dataset } = await load(
      `${HEADER}"a""b","x,1",1735689600,view\n"u2,i2,1735689700,view\nu3,"i3",1735689800,view\n`,
    )
    expect(dataset.users).toEqual(['u3', 'a"b'])
    expect(dataset.items.map((item) => item.id)).toEqual(['i3', 'x,1'])
    expect(report.dropped).toEqual({ 'malformed-row': 1 })
  })

  test('short rows keep what they have, long rows are malformed unless nothing may be dropped', async () => {
    const content = `${HEADER}u1,i1,1735689600,view\nu2,i2\nu3,i3,1735689600,view,extra,more\nu4\n,,,\n`
    const { report } = await load(content)
    expect(report).toMatchObject({ rowsRead: 5, rowsUsed: 2, dropped: { 'malformed-row': 2, 'missing-user': 1 } })
    expect((await load(content, { mode: 'drop-nothing' })).dataset.users.toSorted()).toEqual(['u1', 'u2', 'u3'])
  })

  test('a line of three megabytes, invalid UTF-8 and control characters', async () => {
    const content = Buffer.concat([
      Buffer.from(`${HEADER}u1,i1,1735689600,view\nu2,${'x'.repeat(3_000_000)},1735689601,view\n`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(',i1,1735689602,view\nu\u0001,i1,1735689603,view\nu5,i1,1735689604,view\n'),
    ])
    const { report, dataset } = await load(content)
    expect(dataset.users).toEqual(['u1', 'u5'])
    expect(report.dropped).toEqual({ 'malformed-row': 2, 'id-control-character': 1 })
  })

  test('ids beyond 128 bytes of UTF-8, not characters', async () => {
    const fits = 'é'.repeat(64)
    const { report, dataset } = await load(`user_id,item_id\nu,${fits}\nu,${fits}x\n${'w'.repeat(129)},a\n`)
    expect(dataset.items.map((item) => item.id)).toEqual([fits])
    expect(report.dropped).toEqual({ 'id-too-long': 2 })
  })

  test('broken lines of JSON', async () => {
    const content = '{"user_id":"u1","item_id":"a"}\nnot json\n[1,2]\n{"user_id":"u2"}\n{"user_id":"u3","item_id":"a"\n'
    const { report, dataset } = await load(content, { extension: 'jsonl' })
    expect(dataset.users).toEqual(['u1'])
    expect(report.dropped).toEqual({ 'malformed-row': 3, 'missing-item': 1 })
  })

  test('a path with a quote in its name is data, not SQL', async () => {
    const { dataset } = await load('user_id,item_id\nu,a\n', { extension: "x'); DROP TABLE raw; --.csv" })
    expect(dataset.users).toEqual(['u'])
  })

  test('column names that look like SQL are data', async () => {
    const { dataset } = await load('user_id,item_id,"x"") FROM raw; --"\nu,a,1\n')
    expect(dataset.users).toEqual(['u'])
  })
})

describe('rows that look wrong are used and flagged', () => {
  test('future, old, missing and unreadable times, ages from the newest row', async () => {
    const { report } = await load(
      `${HEADER}${rows(200)}u1,a,2099-01-01,view\nu1,b,2020-01-01,view\nu1,c,,view\nu1,d,yesterday,view\nu1,e,4102444799999,view\n`,
    )
    expect(report.rowsUsed).toBe(205)
    expect(report.flagged).toEqual({
      'future-timestamp': 2,
      'old-timestamp': 1,
      'missing-timestamp': 1,
      'unreadable-timestamp': 1,
    })
    expect(report.newestAt).toBe(Date.UTC(2025, 0, 1) + 199 * 600_000)
    expect(report.cleanShare).toBe(200 / 205)
  })

  test('a misdated row years after a log that ended long ago does not make the log old', async () => {
    const start = Date.UTC(2012, 0, 1) / 1000
    const old = Array.from({ length: 2000 }, (_, k) => `u${k % 9},i${k},${start + k * 60},view\n`).join('')
    const { report } = await load(`${HEADER}${old}u1,x,${start + 5 * 365 * 86_400},view\n`)
    expect(report.flagged).toEqual({ 'future-timestamp': 1 })
    expect(report.newestAt).toBe((start + 1999 * 60) * 1000)
  })

  test('unknown events, absurd values, duplicates', async () => {
    const content = `user_id,item_id,timestamp,event,value\nu,a,1735689600,teleport,1\nu,b,1735689700,purchase,-5\nu,c,1735689800,purchase,1e30\nv,c,1735699800,purchase,much\nv,c,1735699800,purchase,much\nv,d,1735699900,view,3\n`
    const { report } = await load(content)
    expect(report.flagged).toEqual({ 'absurd-value': 4, 'duplicate-row': 1, 'unknown-event': 1 })
    expect(report.warnings.join()).toContain('teleport')
    expect(report.rowsUsed).toBe(6)
  })

  test('a user with more than 1,000 events on one day', async () => {
    const start = Date.UTC(2025, 0, 1) / 1000
    const robot = Array.from({ length: 1001 }, (_, k) => `robot,i${k},${start + k},view\n`).join('')
    const person = Array.from({ length: 1000 }, (_, k) => `person,i${k},${start + 86_400 + k},view\n`).join('')
    expect((await load(HEADER + robot + person)).report.flagged).toEqual({ 'robot-like-user': 1001 })
  })

  test('a day of far more rows than the others, and no day of an even log', async () => {
    const start = Date.UTC(2025, 0, 1) / 1000
    const days = (counts: number[]) =>
      counts
        .map((count, day) =>
          Array.from({ length: count }, (_, k) => `u${day}-${k},i${k},${start + day * 86_400 + k},view\n`).join(''),
        )
        .join('')
    const even = Array.from({ length: 20 }, (_, day) => 90 + ((day * 7) % 21))
    expect((await load(HEADER + days(even))).report.flagged).toEqual({})
    expect((await load(HEADER + days([...even, 400]))).report.flagged).toEqual({ 'volume-spike': 400 })
  })

  test('a share of clean rows below 95 % gives a warning', async () => {
    const { report } = await load(`user_id,item_id\nu,a\nu,b\n,c\n`)
    expect(report.cleanShare).toBe(2 / 3)
    expect(report.warnings[0]).toContain('66.7 %')
  })
})

describe('what a catalogue may not bring in', () => {
  const items = [
    'item_id,title,url,image,price,created_at,tags,available,email,Customer Name',
    'a,"Nice\nthing",javascript:alert(1),https://x.example/a.png,-3,2025-01-02,"red|blue|red",no,m@x.example,Ada',
    `${'l'.repeat(200)},Too long,,,,,,,,`,
    ',No id,,,,,,,,',
    'b,Second,java\tscript:alert(1),data:text/html;x,12.50,soon,"[""x"",""y""]",true,,',
    'b,Again,/b,,€7,1735689600,x;y,,,',
    '',
  ].join('\n')

  test('unsafe addresses, absurd prices and unreadable dates become empty, and all is counted', async () => {
    const { dataset, report } = await load('user_id,item_id\nu,a\nu,z\n', { items })
    expect(dataset.items.map((item) => item.id)).toEqual(['a', 'b', 'z'])
    expect(dataset.items[0]).toMatchObject({
      title: 'Nice thing',
      url: '',
      image: 'https://x.example/a.png',
      price: Number.NaN,
      createdAt: Date.UTC(2025, 0, 2),
      tags: ['red', 'blue'],
      available: false,
    })
    expect(dataset.items[1]).toMatchObject({
      title: 'Again',
      url: '/b',
      price: 7,
      createdAt: 1_735_689_600_000,
      tags: ['x', 'y'],
      available: true,
    })
    expect(report.catalogue).toMatchObject({
      rowsRead: 5,
      rowsUsed: 2,
      dropped: { 'id-not-usable': 1, 'missing-item': 1 },
      flagged: { 'unsafe-address': 3, 'absurd-price': 1, 'unreadable-created-at': 1, 'duplicate-item': 1 },
      onlyInLog: 1,
      withoutTitle: 1,
    })
  })

  test('personal columns are not read, and named', async () => {
    const { report } = await load('user_id,item_id,ip_address,phoneNumber,color\nu,a,1.2.3.4,555,red\n', { items })
    const personal = report.ignoredColumns
      .filter((column) => column.reason === 'personal-data')
      .map((column) => column.name)
    expect(personal).toEqual(['ip_address', 'phoneNumber', 'email', 'Customer Name'])
    expect(report.warnings.at(-1)).toContain('ip_address')
  })

  test('titles over several lines survive a broken row', async () => {
    const many = Array.from({ length: 20 }, (_, k) => `m${k},"Title\nover two lines",/m,x,y\n`).join('')
    const { dataset } = await load('user_id,item_id\nu,m1\n', {
      items: `item_id,title,url,category,tags\n${many}z,"short\nrow"\n`,
    })
    expect(dataset.items.filter((item) => item.title === 'Title over two lines')).toHaveLength(20)
  })

  test('a catalogue alone is a dataset', async () => {
    const path = join(dir, 'alone.csv')
    await writeFile(path, items)
    const { dataset, report } = await loadDataset({
      interactions: [],
      items: [path],
      config: DEFAULTS,
      mode: 'clean',
      nowMs: NOW_MS,
    })
    expect([dataset.users.length, dataset.items.length, dataset.interactions.userOffsets.length]).toEqual([0, 2, 1])
    expect(report.warnings).toContain('no log: shelves come from the catalogue alone')
  })
})
