import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { epochOf } from '#contract/feedback/plan'
import { encodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import { edgeConformance } from './edge.conformance.ts'
import { EdgeClient, testBatch } from './edge-client.ts'
import { publishPlan } from './reports.conformance.ts'
import { createTestKey, hashOf, noise, testSite } from './test-site.ts'
import { type WorkerdEdge, workerdTarget } from './workerd-target.conformance.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = 'edge/cloudflare/wrangler.jsonc'
const DAY_MS = 86_400_000

/** What tests call of a shard, past the HTTP layer. */
type Shard = { prune(before: number, now: number): Promise<number> }

/** What tests call of the object that owns the sums. */
type Sums = { flush(epoch: number): Promise<{ sums: number; reports: number }> }

edgeConformance(workerdTarget)

describe('workerd: what only this host has', () => {
  let edge: WorkerdEdge
  let client: EdgeClient
  beforeAll(async () => {
    edge = await workerdTarget.start({ sites: [await testSite('shop', [await createTestKey(1)])], gcGraceMs: 0 })
    client = new EdgeClient(edge.url, 'shop')
  })
  afterAll(() => edge.close())

  test('the hourly cron keeps young events, and a shard deletes those beyond their age', async () => {
    await client.events(testBatch('young', 3))
    const worker = await edge.miniflare.getWorker()
    expect(await worker.scheduled({ cron: '17 * * * *' })).toMatchObject({ outcome: 'ok' })
    expect(await client.exportAll()).toHaveLength(3)
    const shards = await edge.miniflare.getDurableObjectNamespace('EVENTS')
    const pruned = await Promise.all(
      [0, 1, 2].map((shard) => {
        const stub = shards.get(shards.idFromName(`shop/${shard}`)) as unknown as Shard // miniflare does not know our class
        return stub.prune(Date.now() + DAY_MS, Date.now())
      }),
    )
    expect(pruned.reduce((sum, rows) => sum + rows, 0)).toBe(1)
    expect(await client.exportAll()).toEqual([])
  })

  test('a cursor stays valid while batches arrive in any shard', async () => {
    const seen: string[] = []
    let cursor = ((await client.export(0)).json as { cursor: number }).cursor
    for (let round = 0; round < 4; round++) {
      await Promise.all([0, 1, 2, 3, 4].map((i) => client.events(testBatch(`round${round}-${i}`, 1))))
      for (let isEnd = false; !isEnd; ) {
        const page = (await client.export(cursor, 2)).json as {
          events: { batch: string }[]
          cursor: number
          isEnd: boolean
        }
        seen.push(...page.events.map(({ batch }) => batch))
        cursor = page.cursor
        isEnd = page.isEnd
      }
    }
    const sent = [0, 1, 2, 3].flatMap((round) => [0, 1, 2, 3, 4].map((i) => `round${round}-${i}`))
    expect(seen.toSorted()).toEqual(sent)
  })

  test('an object that is uploaded while it is collected is there afterwards or is asked for again', async () => {
    const bytes = noise(500, 77)
    const hash = await hashOf(bytes)
    for (let round = 0; round < 5; round++) {
      await client.upload(hash, bytes)
      const [, upload] = await Promise.all([client.admin('POST', '/gc'), client.upload(hash, bytes)])
      expect([200, 201]).toContain(upload.status)
      const { missing } = (await client.admin('POST', '/objects/missing', { hashes: [hash] })).json as {
        missing: string[]
      }
      expect((await client.fetch(`/objects/${hash}`)).status).toBe(missing.length === 0 ? 200 : 404)
    }
  })

  test('metrics are not at this address: they go to Analytics Engine', async () => {
    expect((await fetch(`${edge.url}/metrics`)).status).toBe(404)
  })
})

describe('workerd: the object that owns the sums', () => {
  const seed = { hi: 123_456_789, lo: 987_654_321 }
  const networks = Array.from({ length: 5 }, (_, i) => `203.0.${i}.7`)
  let edge: WorkerdEdge
  let client: EdgeClient
  let planTag: string
  const send = async (times: number) => {
    const body = encodeReport({ planTag, qid: 2, seed })
    for (let i = 0; i < times; i++) await Promise.all(networks.map((address) => client.report(body, address)))
  }
  /** Its storage, past the object's methods. */
  const rows = async (sql: string) => {
    const storage = await edge.miniflare.unsafeGetDurableObjectStorage('edge', 'SumsObject', { name: 'shop' })
    return storage.exec(sql)
  }
  const reportsIn = async (table: string) =>
    (await rows(`SELECT stripe, count FROM ${table} ORDER BY stripe`)) as { stripe: number; count: number }[] // its columns

  beforeAll(async () => {
    const key = await createTestKey(1)
    edge = await workerdTarget.start({ sites: [await testSite('shop', [key])] })
    client = new EdgeClient(edge.url, 'shop')
    const epoch = epochOf(Date.now())
    const plan = { ...samplePlan(), epochFrom: epoch - 1, epochTo: epoch + 1 }
    planTag = (await publishPlan(client, { site: 'shop', key, plan })).slice(0, 16)
  })
  afterAll(() => edge.close())

  test('keeps each report when it is evicted, and loses the key of the day and the counters of networks', async () => {
    await send(70)
    const [handedOut, waiting] = [await reportsIn('sums'), await reportsIn('waiting')]
    const sumOf = (parts: { count: number }[]) => parts.reduce((sum, { count }) => sum + count, 0)
    expect(sumOf(handedOut) + sumOf(waiting)).toBe(5 * 64)
    await edge.miniflare.unsafeEvictDurableObject('edge', 'SumsObject', { name: 'shop' })
    expect([await reportsIn('sums'), await reportsIn('waiting')]).toEqual([handedOut, waiting])
    expect((await client.sums()).map(({ stripe, count }) => ({ stripe, count }))).toEqual(handedOut)
    await send(70)
    const later = [...(await reportsIn('sums')), ...(await reportsIn('waiting'))]
    expect(sumOf(later)).toBe(2 * 5 * 64)
    const gains = Array.from({ length: 16 }, (_, stripe) => {
      const countIn = (parts: typeof later) => sumOf(parts.filter((part) => part.stripe === stripe))
      return [countIn([...handedOut, ...waiting]), countIn(later)]
    })
    // The same key would have sent the same networks to the same stripes again.
    expect(gains.some(([before = 0, after = 0]) => after !== 2 * before)).toBe(true)
  })

  test('has nothing at rest but sums: no address, network, seed or time', async () => {
    const columns = await rows(
      "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'",
    )
    const own = columns.filter(({ t }) => !String(t).startsWith('_'))
    expect(new Set(own.map(({ c }) => c))).toEqual(new Set(['plan', 'epoch', 'qid', 'stripe', 'count', 'sum']))
    const files = readdirSync(edge.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const stored = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
    const seedBytes = Buffer.from(encodeReport({ planTag, qid: 2, seed }).subarray(12, 20))
    expect(stored.includes(planTag)).toBe(true)
    for (const secret of ['203.0.', '127.0.0.1', seedBytes, seedBytes.toString('hex')])
      expect(stored.includes(secret), String(secret)).toBe(false)
  })

  test('merges rests when their epoch has ended and deletes sums after 90 days', async () => {
    const objects = await edge.miniflare.getDurableObjectNamespace('SUMS')
    const stub = objects.get(objects.idFromName('shop')) as unknown as Sums // miniflare does not know our class
    const epoch = epochOf(Date.now())
    await stub.flush(epoch + 1)
    expect(await reportsIn('waiting')).toEqual([])
    const { sums, reports } = await stub.flush(epoch + 13)
    expect(sums).toBeGreaterThan(0)
    expect(reports).toBeGreaterThan(2 * 5 * 64 - 20)
    expect(await stub.flush(epoch + 14)).toEqual({ sums: 0, reports: 0 })
  })
})

describe('wrangler', () => {
  test('deploy --dry-run bundles the Worker with every binding and asks no server', () => {
    const out = mkdtempSync(join(tmpdir(), 'edge-dry-run-'))
    const args = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--config', CONFIG, '--outdir', out]
    const env = {
      ...process.env,
      CI: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_LOG_PATH: out,
      XDG_CONFIG_HOME: out,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' })
    expect(stderr).not.toContain('ERROR')
    expect(status).toBe(0)
    for (const binding of ['OBJECTS', 'SITE', 'EVENTS', 'SUMS', 'SITES', 'CLIENT_LIMIT', 'SITE_LIMIT', 'METRICS'])
      expect(stdout).toContain(`env.${binding} `)
    const bundle = readFileSync(join(out, 'worker.js'), 'utf8')
    for (const name of ['better-sqlite3', 'prom-client', 'node:fs', 'node:worker_threads'])
      expect(bundle).not.toContain(name)
    rmSync(out, { recursive: true, force: true })
  })
})
