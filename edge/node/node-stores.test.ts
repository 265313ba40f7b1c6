import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { epochOf } from '#contract/feedback/plan'
import { EdgeClient, testBatch } from '../contract-suite/edge-client.ts'
import { createTestKey, hashOf, makePublication, noise, testSite } from '../contract-suite/test-site.ts'
import type { Clock } from '../core/ports.ts'
import { TokenBuckets } from '../core/rate-limiter.ts'
import { BlobFiles } from './blob-files.ts'
import { EventDatabase } from './event-database.ts'
import { MemoryCache } from './memory-cache.ts'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'
import { StateDatabase } from './state-database.ts'
import { SumDatabase } from './sum-database.ts'

const DAY_MS = 86_400_000
const PSEUDONYM = 'pseudonym-000000000000'

/** Of the operating system, not of a package. */
const TOOLS = { mount: 'mount', unmount: 'umount' }

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'edge-stores-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const start = async (
  options: Partial<Parameters<typeof createNodeEdge>[0]> = {},
): Promise<{ edge: NodeEdge; client: EdgeClient }> => {
  const edge = await createNodeEdge({
    dataDir: join(dir, 'data'),
    sites: [await testSite('shop', [await createTestKey(1)])],
    ...options,
  })
  return { edge, client: new EdgeClient(edge.url, 'shop') }
}

/** Sends batches until one is not stored. @returns Its status and how many were stored before. */
async function fill(client: EdgeClient, prefix: string): Promise<{ status: number; stored: number; code: unknown }> {
  for (let stored = 0; stored < 5_000; stored++) {
    const answer = await client.events(testBatch(`${prefix}-${stored}`, 200))
    if (answer.status !== 200)
      return { status: answer.status, stored, code: (answer.json as { error: { code: string } }).error.code }
  }
  return { status: 200, stored: 5_000, code: undefined }
}

describe('a store that is full', () => {
  test('refuses events with store-full, keeps serving, and takes events again when rows were deleted', async () => {
    const { edge, client } = await start({ eventsMaxBytes: 2 ** 20 })
    await client.publish(await makePublication('shop', await createTestKey(1), 1))
    const full = await fill(client, 'first')
    expect(full).toMatchObject({ status: 503, code: 'store-full' })
    expect(full.stored).toBeGreaterThan(10)
    expect((await client.send('/channels/main')).status).toBe(200)
    expect(await client.exportAll()).toHaveLength(full.stored * 200)
    await client.send(`/pseudonyms/${PSEUDONYM}`, { method: 'DELETE' })
    expect(await client.events(testBatch('again', 200, 'another-00000000000000'))).toMatchObject({
      status: 200,
      json: { status: 'stored' },
    })
    await edge.close()
  })

  test('a full disk refuses uploads and events with store-full, loses nothing, and recovers when space is freed', async ({
    skip,
  }) => {
    const disk = join(dir, 'disk')
    mkdirSync(disk)
    try {
      execFileSync(TOOLS.mount, ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      skip('needs the right to mount a small file system')
    }
    const { edge, client } = await start({ dataDir: join(disk, 'data') })
    try {
      const key = await createTestKey(1)
      for (const n of [1, 2]) await client.publish(await makePublication('shop', key, n))
      const ballast = join(disk, 'ballast')
      writeFileSync(ballast, noise(2 ** 20, 1))
      const full = await fill(client, 'first')
      expect(full).toMatchObject({ status: 503, code: 'store-full' })
      const object = noise(2 ** 20, 2)
      expect(await client.upload(await hashOf(object), object)).toMatchObject({
        status: 503,
        json: { error: { code: 'store-full' } },
      })
      expect((await client.send('/channels/main')).status).toBe(200)
      expect([200, 503]).toContain((await client.step('rollback')).status)
      rmSync(ballast)
      expect((await client.step('rollback')).status).toBe(200)
      expect(await client.events(testBatch('after', 3))).toMatchObject({ status: 200, json: { status: 'stored' } })
      expect(await client.exportAll()).toHaveLength(full.stored * 200 + 3)
      expect(readdirSync(join(disk, 'data/objects/.incoming'))).toEqual([])
    } finally {
      await edge.close()
      execFileSync(TOOLS.unmount, [disk])
    }
  })
})

describe('EventDatabase', () => {
  const row = (batch: string, pseudonym = PSEUDONYM) => ({ batch, pseudonym, events: '[1]' })
  const open = () => new EventDatabase(join(dir, 'events.db'), 0)

  test('prunes what arrived before an instant and nothing else', () => {
    const db = open()
    const now = 1_800_000_000_000
    db.append([{ site: 'a', rows: [row('old')] }], now - 31 * DAY_MS)
    db.append([{ site: 'a', rows: [row('new')] }], now)
    expect(db.prune(now - 30 * DAY_MS)).toBe(1)
    expect(db.prune(now - 30 * DAY_MS)).toBe(0)
    expect(db.read('a', 0, 10).map(({ batch }) => batch)).toEqual(['new'])
    db.close()
  })

  test('one batch id of two devices is two batches, so that nobody can block another', () => {
    const db = open()
    expect(
      db.append(
        [
          { site: 'a', rows: [row('x')] },
          { site: 'a', rows: [row('x', 'other')] },
        ],
        0,
      ),
    ).toEqual([true, true])
    expect(
      db.append(
        [
          { site: 'a', rows: [row('x')] },
          { site: 'b', rows: [row('x')] },
        ],
        0,
      ),
    ).toEqual([false, true])
    db.close()
  })

  test('forgetting survives a restart and ends after three days', () => {
    const first = open()
    first.forget('a', PSEUDONYM, 0)
    first.close()
    const second = open()
    expect(second.append([{ site: 'a', rows: [row('late')] }], 0)).toEqual([false])
    second.tidy(4 * DAY_MS)
    expect(second.append([{ site: 'a', rows: [row('late')] }], 0)).toEqual([true])
    second.close()
  })

  test('a forgotten pseudonym is found in no file', () => {
    const db = open()
    const secret = 'SECRETSECRETSECRETSECR'
    db.append([{ site: 'a', rows: [{ batch: 'b', pseudonym: secret, events: `[{"pseudonym":"${secret}"}]` }] }], 0)
    db.forget('a', secret, 0)
    db.tidy(0)
    db.close()
    const found = readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(secret))
    expect(found).toEqual([])
  })
})

describe('a data directory', () => {
  test('has one owner at a time, which says where it answers', async () => {
    const { edge } = await start()
    expect(JSON.parse(readFileSync(join(dir, 'data/address.json'), 'utf8'))).toEqual({
      url: edge.url,
      pid: process.pid,
    })
    await expect(start()).rejects.toMatchObject({ code: 'conflict' })
    await edge.close()
    const { edge: next } = await start()
    await next.close()
    expect(readdirSync(join(dir, 'data'))).not.toContain('address.json')
  })

  test('that was copied while it served starts elsewhere with all it had', async () => {
    mkdirSync(join(dir, 'data'))
    const sums = new SumDatabase(join(dir, 'data/sums.db'))
    const sumKey = { site: 'shop', plan: 'f'.repeat(64), epoch: epochOf(Date.now()), qid: 1, stripe: 3 }
    for (let i = 0; i < 20; i++) sums.add(sumKey, Float64Array.of(1))
    await sums.flush(sumKey.epoch)
    sums.close()
    const { edge, client } = await start()
    const publication = await makePublication('shop', await createTestKey(1), 1)
    await client.publish(publication)
    await client.events(testBatch('kept', 4))
    const copy = join(dir, 'copy')
    mkdirSync(copy)
    for (const name of ['state.db', 'events.db', 'sums.db']) {
      const db = new Database(join(dir, 'data', name), { readonly: true })
      await db.backup(join(copy, name))
      db.close()
    }
    cpSync(join(dir, 'data/objects'), join(copy, 'objects'), { recursive: true })
    await edge.close()
    const { edge: restored, client: reader } = await start({ dataDir: copy })
    expect((await reader.send('/channels/main')).json).toEqual(publication.body.pointers.full)
    expect(await client.admin('GET', '/audit').catch(() => 'the first one is gone')).toBe('the first one is gone')
    expect((await reader.fetch(`/objects/${publication.body.objects[2]}`)).status).toBe(200)
    expect(await reader.exportAll()).toHaveLength(4)
    expect(await reader.sums()).toMatchObject([{ qid: 1, stripe: 3, count: 20, sum: [20] }])
    await restored.close()
  })

  test('is free again when a start failed', async () => {
    await expect(start({ trustedProxies: ['nobody'] })).rejects.toMatchObject({ code: 'config-invalid' })
    const { edge } = await start()
    await edge.close()
    expect(edge.url).toMatch(/^http:/)
  })
})

describe('events on disk', () => {
  test('hold no address, header or exact time of arrival', async () => {
    const { edge, client } = await start({ trustedProxies: ['127.0.0.1'] })
    const headers = { 'x-forwarded-for': '198.51.100.77', 'user-agent': 'PeculiarBrowser/9' }
    expect(await client.events(testBatch('b', 3), headers)).toMatchObject({ status: 200 })
    await edge.close()
    const all = readdirSync(join(dir, 'data'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const texts = all.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    expect(texts.join('')).toContain('item-0')
    expect(texts.join('')).not.toMatch(/198\.51\.100|PeculiarBrowser/)
  })
})

describe('StateDatabase', () => {
  const audit = { at: '2026-11-01T00:00:00.000Z', action: 'test', fields: {} }

  test('changes all keys or none', async () => {
    const state = new StateDatabase(join(dir, 'state.db'))
    expect(await state.commit('a', [{ key: 'x/1', expected: 0, value: 'one' }], audit)).toBe(true)
    const both = [
      { key: 'x/2', expected: 0, value: 'two' },
      { key: 'x/1', expected: 0, value: 'stale' },
    ]
    expect(await state.commit('a', both, audit)).toBe(false)
    expect((await state.list('a', 'x/')).map(({ key, value, version }) => [key, value, version])).toEqual([
      ['x/1', 'one', 1],
    ])
    expect(await state.get('b', 'x/1')).toBeUndefined()
    expect(await state.audit('a', 0, 10)).toHaveLength(1)
    state.close()
  })
})

describe('BlobFiles', () => {
  const streamOf = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream()

  test('an object that is asked for while it is collected is kept, or reported missing', async () => {
    const blobs = new BlobFiles(dir, new MemoryCache(1e6))
    const hashes: string[] = []
    for (let i = 0; i < 50; i++) {
      const bytes = noise(300, i)
      hashes.push(await hashOf(bytes))
      await blobs.put('shop', hashes[i] ?? '', streamOf(bytes), 1e6)
    }
    const later = Date.now() + 1
    await expect.poll(() => Date.now()).toBeGreaterThan(later)
    const asked = Promise.all(hashes.map((hash) => blobs.missing('shop', [hash])))
    const removed = await Promise.all(hashes.map((hash) => blobs.remove('shop', hash, later)))
    const missing = await asked
    const present = await Promise.all(hashes.map(async (hash) => (await blobs.stat('shop', hash)) !== undefined))
    hashes.forEach((_, i) => {
      const isMissing = (missing[i] ?? []).length === 1
      expect([isMissing, present[i]]).toEqual([removed[i], !removed[i]])
    })
  })

  test('large objects are streamed and leave the cache alone', async () => {
    const cache = new MemoryCache(1_000)
    const blobs = new BlobFiles(dir, cache)
    const bytes = noise(5_000, 1)
    const hash = await hashOf(bytes)
    await blobs.put('shop', hash, streamOf(bytes), 1e6)
    const body = await blobs.read('shop', hash, 'identity')
    expect(body).toBeInstanceOf(ReadableStream)
    expect(new Uint8Array(await new Response(body).arrayBuffer())).toEqual(bytes)
    expect(cache.stats.bytes).toBe(0)
  })
})

describe('MemoryCache', () => {
  test('drops the least recently used first and never passes its budget', () => {
    const cache = new MemoryCache(100)
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, new Uint8Array(25))
    cache.get('a')
    cache.set('e', new Uint8Array(20))
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => cache.get(key)?.length)).toEqual([25, undefined, 25, 25, 20])
    cache.set('f', new Uint8Array(26))
    expect([cache.get('f'), cache.stats.bytes]).toEqual([undefined, 95])
  })
})

describe('TokenBuckets', () => {
  test('allows a burst, then the rate, and forgets keys beyond its bound', () => {
    let seconds = 0
    const clock: Clock = { now: () => 0, seconds: () => seconds }
    const buckets = new TokenBuckets(clock, 2)
    const limit = { perSecond: 2, burst: 3 }
    const take = (key: string, times: number) => Array.from({ length: times }, () => buckets.allow(key, limit))
    expect(take('a', 4)).toEqual([true, true, true, false])
    seconds = 1
    expect(take('a', 3)).toEqual([true, true, false])
    take('b', 1)
    take('c', 1)
    expect(take('a', 3)).toEqual([true, true, true])
  })
})
