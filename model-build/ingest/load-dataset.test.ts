import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import type { IngestConfig } from '../config/schema.ts'
import { type LoadedDataset, type LoadOptions, loadDataset } from './load-dataset.ts'
import { createUserHash } from './user-hash.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
let dir = ''
let files = 0
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-ingest-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(content: string | Buffer, extension = 'csv'): Promise<string> {
  const path = join(dir, `file-${++files}.${extension}`)
  await writeFile(path, content)
  return path
}

async function load(
  content: string | Buffer,
  options: Partial<LoadOptions> & { extension?: string } = {},
): Promise<LoadedDataset> {
  const interactions = [await file(content, options.extension)]
  return loadDataset({ interactions, config: DEFAULTS, mode: 'clean', nowMs: NOW_MS, ...options })
}

function withInput(input: Partial<IngestConfig['input']>): IngestConfig {
  return { ...DEFAULTS, input: { ...DEFAULTS.input, ...input } }
}

/** Item ids per user id, in the dataset's order. */
function histories({ dataset }: LoadedDataset): Record<string, string[]> {
  const { userOffsets, item } = dataset.interactions
  return Object.fromEntries(
    dataset.users.map((user, u) => [
      user,
      Array.from(item.subarray(userOffsets[u], userOffsets[u + 1]), (index) => dataset.items[index]?.id ?? ''),
    ]),
  )
}

describe('loadDataset reads formats', () => {
  test('keeps ids as text in CSV, JSONL, gzip and Parquet', async () => {
    const csv = await load('user_id,item_id\n007,0010\n7,10\n')
    const jsonl = await load('{"user_id":"007","item_id":"0010"}\n{"user_id":7,"item_id":10}\n', { extension: 'jsonl' })
    const gzip = await load(gzipSync('user_id,item_id\n007,0010\n7,10\n'), { extension: 'csv.gz' })
    const parquet = join(dir, 'log.parquet')
    const connection = await (await DuckDBInstance.create()).connect()
    await connection.run(
      `COPY (SELECT * FROM (VALUES ('007', '0010'), ('7', '10')) t(user_id, item_id)) TO '${parquet}'`,
    )
    const fromParquet = await loadDataset({ interactions: [parquet], config: DEFAULTS, mode: 'clean', nowMs: NOW_MS })
    const expected = { '007': ['0010'], '7': ['10'] }
    expect([csv, jsonl, gzip, fromParquet].map(histories)).toEqual([expected, expected, expected, expected])
  })

  test('reads real timestamp columns and integer ids of Parquet', async () => {
    const parquet = join(dir, 'typed.parquet')
    const connection = await (await DuckDBInstance.create()).connect()
    await connection.run(
      `COPY (SELECT 5::BIGINT AS user_id, i::INTEGER AS item_id, TIMESTAMP '2025-03-01 00:00:00' + INTERVAL (3 - i) DAY AS timestamp FROM range(3) t(i)) TO '${parquet}'`,
    )
    const loaded = await loadDataset({ interactions: [parquet], config: DEFAULTS, mode: 'clean', nowMs: NOW_MS })
    expect(histories(loaded)).toEqual({ '5': ['2', '1', '0'] })
    expect(loaded.dataset.interactions.at[0]).toBe(Date.UTC(2025, 2, 2))
  })

  test('joins several files and patterns in argument order, each with its own columns', async () => {
    const first = await file('user_id,item_id\nu,a\n')
    const second = await file('item_id;user_id;event\nb;u;view\n')
    const loaded = await loadDataset({ interactions: [first, second], config: DEFAULTS, mode: 'clean', nowMs: NOW_MS })
    expect(histories(loaded)).toEqual({ u: ['a', 'b'] })
  })

  test('reads tabs, a byte order mark, CRLF and quoted fields', async () => {
    const loaded = await load('\uFEFF"user_id"\titem_id\r\nu\t"a ""b"""\r\n', { extension: 'tsv' })
    expect(histories(loaded)).toEqual({ u: ['a "b"'] })
  })

  test.each([
    ['an absent file', 'absent.csv', 'input-missing'],
    ['a pattern without a match', 'none-*.csv', 'input-missing'],
  ])('refuses %s', async (_, name, code) => {
    const loading = loadDataset({ interactions: [join(dir, name)], config: DEFAULTS, mode: 'clean', nowMs: NOW_MS })
    await expect(loading).rejects.toMatchObject({ code })
  })

  test.each([
    ['no input at all', { interactions: [] }, 'input-missing'],
    ['an empty file', { content: '' }, 'input-malformed'],
    ['a header without items', { content: 'user_id,thing\nu,a\n' }, 'input-malformed'],
    ['an unknown extension', { content: 'x', extension: 'xlsx' }, 'input-malformed'],
    ['bytes that are no Parquet', { content: 'PAR1garbage', extension: 'parquet' }, 'input-malformed'],
    ['JSON lines without an object', { content: 'hello\n', extension: 'jsonl' }, 'input-malformed'],
    ['a log without a usable row', { content: 'user_id,item_id\n,\n' }, 'input-malformed'],
  ])('refuses %s', async (_, input: { content?: string; extension?: string; interactions?: string[] }, code) => {
    await expect(load(input.content ?? '', input)).rejects.toMatchObject({ code })
  })
})

describe('loadDataset tells times', () => {
  const at = async (rows: string) =>
    Array.from((await load(`user_id,item_id,timestamp\n${rows}`)).dataset.interactions.at)

  test('reads seconds, milliseconds, microseconds and ISO texts, without zone as UTC', async () => {
    const wanted = [Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 2)]
    const seconds = wanted.map((value) => value / 1000)
    expect(await at(`u,a,${seconds[0]}\nu,b,${seconds[1]}\n`)).toEqual(wanted)
    expect(await at(`u,a,${wanted[0]}\nu,b,${wanted[1]}\n`)).toEqual(wanted)
    expect(await at(`u,a,${seconds[0]}000000\nu,b,${seconds[1]}000000\n`)).toEqual(wanted)
    expect(await at('u,a,2025-01-01\nu,b,2025-01-02T02:00:00+02:00\n')).toEqual(wanted)
    expect(await at('u,a,2025-01-01 00:00:00 UTC\nu,b,2025-01-02 00:00:00\n')).toEqual(wanted)
    expect(await at('u,a,20250101\nu,b,20250102\n')).toEqual(wanted)
  })

  test('has no order where there is no column of times, none is filled or all are equal, and file order where asked to use it', async () => {
    for (const content of [
      'user_id,item_id\nu,b\nu,a\n',
      'user_id,item_id,timestamp\nu,b,\nu,a,\n',
      'user_id,item_id,timestamp\nu,b,5\nu,a,5\n',
    ]) {
      expect((await load(content)).dataset.interactions.order).toBe('none')
      const { dataset } = await load(content, { config: withInput({ order: 'use' }) })
      expect(dataset.interactions.order).toBe('order')
      expect(histories(await load(content, { config: withInput({ order: 'use' }) }))).toEqual({ u: ['b', 'a'] })
      expect(Array.from(dataset.interactions.at)).toEqual([Number.NaN, Number.NaN])
    }
  })

  test('has order but no time where every user starts at the same instant', async () => {
    const start = Date.UTC(2025, 0, 1) / 1000
    const loaded = await load(
      `user_id,item_id,timestamp\nu,b,${start + 9}\nu,a,${start}\nv,c,${start}\nv,a,${start + 5}\n`,
    )
    expect(loaded.dataset.interactions.order).toBe('order')
    expect(histories(loaded)).toEqual({ u: ['a', 'b'], v: ['c', 'a'] })
    expect(loaded.dataset.interactions.at.every(Number.isNaN)).toBe(true)
  })

  test('has order but no time where numbers are no dates', async () => {
    const loaded = await load('user_id,item_id,timestamp\nu,b,2\nu,a,1\nv,c,3\n')
    expect(loaded.dataset.interactions.order).toBe('order')
    expect(histories(loaded)).toEqual({ u: ['a', 'b'], v: ['c'] })
  })

  test('sorts by time, equal times by row, and keeps a row without time after the row before it', async () => {
    const loaded = await load(
      'user_id,item_id,timestamp\nu,c,2025-01-03\nu,d,\nu,a,2025-01-01\nu,b,2025-01-01\nv,a,2025-02-01\n',
    )
    expect(loaded.dataset.interactions.order).toBe('time')
    expect(histories(loaded)).toEqual({ u: ['a', 'b', 'c', 'd'], v: ['a'] })
    expect(loaded.report.flagged).toEqual({ 'missing-timestamp': 1 })
  })

  test('forgets order and time on request, leaving no trace of the file order within a user', async () => {
    const config = withInput({ order: 'ignore' })
    const items = [await file('item_id\na\nb\nc\n')]
    const loaded = await load('user_id,item_id,timestamp\nu,c,2025-01-01\nu,a,2025-01-02\nv,b,2025-01-03\n', {
      config,
      items,
    })
    expect(loaded.dataset.interactions.order).toBe('none')
    expect(histories(loaded)).toEqual({ u: ['a', 'c'], v: ['b'] })
    expect(loaded.dataset.interactions.at.every(Number.isNaN)).toBe(true)
  })
})

describe('loadDataset weighs and merges', () => {
  test('adds the weights of repeated events on an item, capped, at the place of the last', async () => {
    const loaded = await load(
      'user_id,item_id,event\nu,a,view\nu,b,AddToCart\nu,a,purchase\nv,c,purchase\nv,c,purchase\nv,c,purchase\nv,d,dislike\nv,e,impression\n',
      { config: withInput({ order: 'use' }) },
    )
    expect(histories(loaded)).toEqual({ u: ['b', 'a'], v: ['c'] })
    expect(Array.from(loaded.dataset.interactions.weight)).toEqual([3, 6, 10])
    expect(loaded.report.ignored).toEqual({ 'not-positive-event': 2 })
    expect(loaded.dataset.items.map((item) => item.id)).toEqual(['a', 'b', 'c'])
  })

  test('counts an event that was delivered twice once, and flags it', async () => {
    const row = 'u,a,2025-01-01T10:00:00Z,view\n'
    const loaded = await load(`user_id,item_id,timestamp,event\n${row}${row}u,a,2025-01-02,view\nv,a,2025-01-05,view\n`)
    expect(Array.from(loaded.dataset.interactions.weight)).toEqual([2, 1])
    expect(loaded.report.flagged).toEqual({ 'duplicate-row': 1 })
  })

  test('takes ratings from the threshold up, unless nothing is dropped or no rating reaches it', async () => {
    const content =
      'userId,movieId,rating,timestamp\n1,10,4.0,964982703\n1,11,3.5,964982704\n2,10,NaN,964982705\n2,12,5,964982706\n'
    const clean = await load(content)
    expect(histories(clean)).toEqual({ '1': ['10'], '2': ['12'] })
    expect(clean.report).toMatchObject({ ignored: { 'below-min-rating': 1 }, dropped: { 'unreadable-rating': 1 } })
    expect(histories(await load(content, { mode: 'drop-nothing' }))).toEqual({ '1': ['10', '11'], '2': ['10', '12'] })
    const binary = await load('user_id,item_id,rating\nu,a,1\nv,b,1\n')
    expect(histories(binary)).toEqual({ u: ['a'], v: ['b'] })
    expect(binary.report.warnings.join()).toContain('no rating reaches')
  })

  test('replaces user ids by keyed hashes on request', async () => {
    const key = new Uint8Array(32).fill(7)
    const { dataset } = await load('user_id,item_id\nada@example.org,a\n', { hashUser: createUserHash(key) })
    expect(dataset.users).toEqual([createUserHash(key)('ada@example.org')])
    expect(dataset.users[0]).toMatch(/^[\w-]{22}$/)
    expect(createUserHash(new Uint8Array(32))('ada@example.org')).not.toBe(dataset.users[0])
  })

  test('leaves rows beyond the retention out', async () => {
    const config = withInput({ retentionDays: 30 })
    const loaded = await load('user_id,item_id,timestamp\nu,a,2025-01-01\nu,b,2025-03-01\nv,b,2025-03-02\n', { config })
    expect(histories(loaded)).toEqual({ u: ['b'], v: ['b'] })
    expect(loaded.report.dropped).toEqual({ 'beyond-retention': 1 })
  })
})

describe('rows whose place in the file says nothing', () => {
  const users = Array.from({ length: 40 }, (_, user) => user)
  const items = Array.from({ length: 10 }, (_, item) => item * 3)
  const log = (row: (user: number, item: number) => string) =>
    users.flatMap((user) => items.map((item) => row(user, item)))
  const lastOf = (loaded: LoadedDataset) => Object.values(histories(loaded)).map((ids) => ids.at(-1))

  test('a log with one time per user, sorted by item, keeps the times and has its ties in a random order', async () => {
    const rows = log((user, item) => `u${user},i${String(item).padStart(2, '0')},${1_600_000_000 + user * 3600}`)
    const loaded = await load(['user_id,item_id,timestamp', ...rows].join('\n'))
    expect(loaded.dataset.interactions.order).toBe('time')
    expect(new Set(lastOf(loaded)).size).toBeGreaterThan(3)
    expect(loaded.report.logWarnings).toContainEqual(expect.stringContaining('share one time'))
  })

  test('ties that stand in another order than the items’ are left as they are', async () => {
    const rows = log((user, item) => `u${user},i${(item * 7) % 30},${1_600_000_000 + user * 3600}`)
    const loaded = await load(['user_id,item_id,timestamp', ...rows].join('\n'))
    expect(new Set(lastOf(loaded))).toEqual(new Set(['i9']))
    expect(loaded.report.logWarnings).not.toContainEqual(expect.stringContaining('share one time'))
  })

  test('a layout whose rows are known to stand in order has none where they stand sorted by item', async () => {
    const sorted = ['user_id,book_id', ...log((user, item) => `${user},${item}`)].join('\n')
    const mixed = ['user_id,book_id', ...log((user, item) => `${user},${(item * 7) % 30}`)].join('\n')
    expect((await load(sorted)).dataset.interactions.order).toBe('none')
    expect((await load(mixed)).dataset.interactions.order).toBe('order')
    const given = await load(sorted, { config: withInput({ order: 'use' }) })
    expect(given.dataset.interactions.order).toBe('order')
    expect(histories(given)['0']?.at(-1)).toBe('27')
  })
})

test('a file whose lines end in two ways is read whole', async () => {
  const rows = Array.from({ length: 50 }, (_, n) => `u${n % 5},"i${n}"`)
  for (const content of [`user_id,item_id\r\n${rows.join('\n')}`, `user_id,item_id\n${rows.join('\r\n')}\nu9,i9\n`])
    expect((await load(content)).report.rowsUsed).toBeGreaterThanOrEqual(50)
})
