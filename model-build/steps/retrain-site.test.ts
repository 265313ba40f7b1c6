import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WireEvent } from '#contract/events'
import type { RetrainRequest } from '../commands/requests.ts'
import type { PartialConfig } from '../config/resolve-config.ts'
import { generateDemoData } from '../demo-data/generate-demo-data.ts'
import { loadModel } from '../device/resident-model.ts'
import { EdgeClient, systemDeps } from '../publish/edge-client.ts'
import { openEdgeHome, registerSite } from '../publish/edge-home.ts'
import { type EdgeProcess, startEdge } from '../publish/edge-process.ts'
import { createIo, createWorkspace, makeKeys } from '../publish/testing/tiny-site.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { buildRelease } from './build-release.ts'
import { publishRelease } from './publish-release.ts'
import { retrainSite } from './retrain-site.ts'

/** Each test trains a release. */
vi.setConfig({ testTimeout: 60_000 })

const VISITORS = 120
const HOUR_MS = 3_600_000

/** Small and quick; what is learnt matters here, not how well. */
const OVERRIDES: PartialConfig = {
  embedding: { dimensions: 16, sweeps: 3 },
  ranker: { trees: 8, leaves: 8, maxQueries: 40 },
  // As many visitors as a third of the log, on three items: on so few held-out users that alone moves NDCG by a tenth.
  gate: { maxQualityLoss: 0.5 },
}

let dir = ''
let dispose = async (): Promise<void> => undefined
let edge: EdgeProcess
let client: EdgeClient
let request: RetrainRequest
/** Three items that no shopper of the log has together. */
let together: readonly string[] = []

beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  const shop = join(dir, 'shop')
  await generateDemoData({ outDir: shop, items: 200, users: 400, interactions: 6_000, covers: false })
  const keys = await makeKeys(dir)
  // The noise of published counts is drawn by this key: the same in every run.
  await writeFile(join(keys.dir, 'user-hash.key'), `${Buffer.alloc(32, 7).toString('base64url')}\n`)
  const home = await openEdgeHome(join(dir, 'edge'))
  await registerSite(home, 'demo', keys.publicKey)
  edge = await startEdge(home, { host: '127.0.0.1', port: 0 })
  client = new EdgeClient({ url: edge.url, site: 'demo', token: home.token }, systemDeps(new AbortController().signal))
  const input = { interactions: [], items: [], dataDir: shop, configFile: undefined, overrides: OVERRIDES }
  const place = { edge: undefined, tokenEnv: 'UNUSED', dir: home.dir, channel: 'main' }
  request = { ...input, ...place, outDir: join(dir, 'release'), keysDir: keys.dir, dryRun: false }
  await buildRelease(request, createIo())
  await publishRelease({ ...request, releaseDir: request.outDir, canary: undefined }, createIo())
  together = await strangers(join(shop, 'interactions.csv'))
})
afterAll(async () => {
  await edge.stop()
  await dispose()
})

async function strangers(logFile: string): Promise<string[]> {
  const users = new Map<string, Set<string>>()
  for (const line of (await readFile(logFile, 'utf8')).trim().split('\n').slice(1)) {
    const [user = '', item = ''] = line.split(',')
    users.set(item, (users.get(item) ?? new Set()).add(user))
  }
  const ids = [...users.keys()].sort()
  const apart = (a: string, b: string) => ![...(users.get(a) ?? [])].some((user) => users.get(b)?.has(user))
  const found: string[] = []
  for (const id of ids) if (found.length < 3 && found.every((other) => apart(id, other))) found.push(id)
  return found
}

const pseudonym = (n: number) => `visitor-${String(n).padStart(14, '0')}`

/** What consenting pages of so many visitors send. */
async function sendVisits(count: number, items: readonly string[], from = 0): Promise<void> {
  const at = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  for (let n = from; n < from + count; n++) {
    const events = items.map((item): WireEvent => ({ v: 1, type: 'click', item, at, pseudonym: pseudonym(n) }))
    const body = JSON.stringify({ v: 1, batch: `${items.join('_').replaceAll(/[^\w-]/g, '')}-${n}`, events })
    const answer = await fetch(`${edge.url}/v1/sites/demo/events`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ accepted: items.length })
  }
}

/** Which items vote for a candidate in the release of the folder. */
async function votersOf(candidate: string): Promise<string[]> {
  const { file, manifest, registry } = await readReleaseDir(request.outDir)
  const objects = new Map<string, Uint8Array>()
  for (const hash of file.objects) objects.set(hash, await readFile(join(request.outDir, 'objects', hash)))
  const { catalogue } = loadModel(manifest, (hash) => objects.get(hash))
  const row = catalogue.rowOf(registry.ids.indexOf(candidate))
  const voters: string[] = []
  for (const [itemNo, id] of registry.ids.entries()) {
    const [start, end] = catalogue.voters.range(itemNo)
    for (let vote = start; vote < end; vote++) {
      const voted = catalogue.voters.low[vote] + 65_536 * (catalogue.voters.high[vote] & 3)
      if (voted === row) voters.push(id)
    }
  }
  return voters
}

const live = async () => (await client.livePointer('main'))?.sequence ?? 0
const publicationNow = async () => Math.floor((await live()) / 2 ** 16)

describe('retrain', () => {
  test('without enough visitors learns nothing from events and publishes nothing new', async () => {
    await sendVisits(19, together)
    const io = createIo()
    const { summary } = await retrainSite(request, io)
    expect(summary.feedback).toMatchObject({ events: 57, newEvents: 57, pseudonyms: 19, pairsSeen: 3, pairsUsed: 0 })
    expect(summary.published).toMatchObject({ status: 'unchanged', uploaded: 0 })
    expect(io.warnings.at(-1)).toContain('no pair of items was seen by 20 visitors')
    expect(await publicationNow()).toBe(1)
  })

  test('a dry run judges and leaves folder and edge as they are', async () => {
    await sendVisits(VISITORS, together, 100)
    const before = await readFile(join(request.outDir, 'release.json'), 'utf8')
    const { summary } = await retrainSite({ ...request, dryRun: true, keysDir: undefined }, createIo())
    expect(summary).toMatchObject({ published: null, feedback: { pairsUsed: 3 }, gate: { reasons: [] } })
    expect(await readFile(join(request.outDir, 'release.json'), 'utf8')).toBe(before)
    expect(await publicationNow()).toBe(1)
  })

  test('a gate that refuses keeps the live release and the folder, and names the reason', async () => {
    const before = await readFile(join(request.outDir, 'release.json'), 'utf8')
    const strict = { ...request, overrides: { ...OVERRIDES, gate: { minPopularityLift: 1000 } } }
    await expect(retrainSite(strict, createIo())).rejects.toMatchObject({
      code: 'gate-refused',
      message: expect.stringContaining('below 1000'),
    })
    expect(await readFile(join(request.outDir, 'release.json'), 'utf8')).toBe(before)
    expect(await publicationNow()).toBe(1)
  })

  test('publishes a release in which items that visitors had together vote for each other', async () => {
    const [a, b, c] = together
    expect(await votersOf(a)).not.toContain(b)
    const { summary } = await retrainSite(request, createIo())
    expect(summary.gate).toMatchObject({ reasons: [], isSameTest: true })
    expect(summary.published).toMatchObject({ status: 'changed', publication: 2, live: 'full' })
    expect(await votersOf(a)).toEqual(expect.arrayContaining([b, c]))
    expect((await client.livePointer('main'))?.manifest).toBe((await readReleaseDir(request.outDir)).file.manifest)
  })

  test('again on the same events gives the same release and counts no event as new', async () => {
    const { summary } = await retrainSite(request, createIo())
    expect(summary.feedback).toMatchObject({ events: 57 + 3 * VISITORS, newEvents: 0 })
    expect(summary.published).toMatchObject({ status: 'unchanged', publication: 2 })
  })

  test('forgets what visitors had deleted', async () => {
    for (let n = 100; n < 100 + VISITORS; n++) {
      const answer = await fetch(`${edge.url}/v1/sites/demo/pseudonyms/${pseudonym(n)}`, { method: 'DELETE' })
      expect(answer.ok).toBe(true)
    }
    const { summary } = await retrainSite(request, createIo())
    expect(summary.feedback).toMatchObject({ pseudonyms: 19, pairsUsed: 0 })
    expect(await votersOf(together[0])).not.toContain(together[1])
    expect(await publicationNow()).toBe(3)
  })

  test('refuses a folder without the item numbers of the live release', async () => {
    const elsewhere = { ...request, outDir: join(dir, 'elsewhere') }
    await expect(retrainSite(elsewhere, createIo())).rejects.toMatchObject({ code: 'input-missing' })
    await rm(elsewhere.outDir, { recursive: true, force: true })
  })

  test('wants keys before it works', async () => {
    const io = createIo()
    await expect(retrainSite({ ...request, keysDir: undefined }, io)).rejects.toMatchObject({ code: 'keys-missing' })
    expect(io.stages).toEqual([])
  })
})
