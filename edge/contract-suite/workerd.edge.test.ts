import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { edgeConformance } from './edge.conformance.ts'
import { EdgeClient, testBatch } from './edge-client.ts'
import { createTestKey, hashOf, noise, testSite } from './test-site.ts'
import { type WorkerdEdge, workerdTarget } from './workerd-target.conformance.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = 'edge/cloudflare/wrangler.jsonc'
const DAY_MS = 86_400_000

/** What tests call of a shard, past the HTTP layer. */
type Shard = { prune(before: number, now: number): Promise<number> }

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

describe('wrangler', () => {
  test('deploy --dry-run bundles the Worker with every binding and asks no server', { timeout: 60_000 }, () => {
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
    for (const binding of ['OBJECTS', 'SITE', 'EVENTS', 'SITES', 'CLIENT_LIMIT', 'SITE_LIMIT', 'METRICS'])
      expect(stdout).toContain(`env.${binding} `)
    const bundle = readFileSync(join(out, 'worker.js'), 'utf8')
    for (const name of ['better-sqlite3', 'prom-client', 'node:fs', 'node:worker_threads'])
      expect(bundle).not.toContain(name)
    rmSync(out, { recursive: true, force: true })
  })
})
