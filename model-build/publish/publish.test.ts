import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pointerBytes, publicationOf } from '#contract/pointer'
import type { PublishRequest } from '../commands/requests.ts'
import { loadKeys } from '../config/key-files.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { backUpSite, restoreSite } from '../steps/back-up-site.ts'
import { collectObjects, listChanges, listChannels, listReleases } from '../steps/list-channels.ts'
import { promoteRelease, rollbackRelease } from '../steps/move-channel.ts'
import { publishRelease } from '../steps/publish-release.ts'
import { EdgeClient, systemDeps } from './edge-client.ts'
import { type EdgeHome, openEdgeHome, registerSite } from './edge-home.ts'
import { type EdgeProcess, startEdge } from './edge-process.ts'
import { publishTo, stepOfShare } from './publish.ts'
import { buildTinyRelease, createIo, createWorkspace, makeKeys } from './testing/tiny-site.ts'

let dir = ''
let dispose = async (): Promise<void> => undefined
let first = ''
let second = ''
let third = ''
let keys = { dir: '', publicKey: '' }
let home: EdgeHome
let edge: EdgeProcess
let next = 0
let channel = ''

beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  keys = await makeKeys(dir)
  first = await buildTinyRelease(dir, 'first', 60)
  second = await buildTinyRelease(dir, 'second', 64)
  third = await buildTinyRelease(dir, 'third', 68)
  home = await openEdgeHome(join(dir, 'edge'))
  await registerSite(home, 'demo', keys.publicKey)
  edge = await startEdge(home, { host: '127.0.0.1', port: 0 })
  process.env.TEST_TOKEN = home.token
})
beforeEach(() => {
  channel = `channel-${next++}`
})
afterAll(async () => {
  await edge.stop()
  await dispose()
})

const place = () => ({
  configFile: undefined,
  overrides: {},
  edge: edge.url,
  tokenEnv: 'TEST_TOKEN',
  dir: undefined,
  channel,
})
const publish = (releaseDir: string, more: Partial<PublishRequest> = {}) =>
  publishRelease({ ...place(), releaseDir, keysDir: keys.dir, canary: undefined, ...more }, createIo())
const clientAt = (url: string, wait = systemDeps(new AbortController().signal).wait, token = home.token) =>
  new EdgeClient({ url, site: 'demo', token }, { ...systemDeps(new AbortController().signal), wait })
const manifestOf = async (release: string) => (await readReleaseDir(release)).file.manifest

describe('publish', () => {
  test('puts a release on a channel with a pointer that the public key verifies', async () => {
    const { summary } = await publish(first)
    const live = await clientAt(edge.url).livePointer(channel)
    expect(summary).toMatchObject({ status: 'changed', publication: 1, live: 'full' })
    expect(live).toMatchObject({ manifest: await manifestOf(first), canary: null, channel })
    const raw = Buffer.from(keys.publicKey, 'base64url')
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    const signature = Buffer.from(live?.signature ?? '', 'base64url')
    expect(live && (await crypto.subtle.verify('Ed25519', key, signature, pointerBytes(live)))).toBe(true)
  })

  test('changes nothing and sends nothing when the release is live', async () => {
    await publish(first)
    const { summary } = await publish(first)
    expect(summary).toMatchObject({ status: 'unchanged', publication: 1, uploaded: 0, uploadedBytes: 0 })
  })

  test('sends of the next release only what the edge does not hold', async () => {
    const fresh = await openEdgeHome(join(dir, 'fresh'))
    await registerSite(fresh, 'demo', keys.publicKey)
    const other = await startEdge(fresh, { host: '127.0.0.1', port: 0 })
    const client = new EdgeClient(
      { url: other.url, site: 'demo', token: fresh.token },
      systemDeps(new AbortController().signal),
    )
    const put = async (releaseDir: string) => {
      const { file } = await readReleaseDir(releaseDir)
      const key = (await loadKeys(keys.dir)).signing
      const options = { releaseDir, file, channel: 'main', key, activate: 'full', nowMs: Date.now } as const
      return publishTo(client, { ...options, onProgress: () => undefined })
    }
    const before = await put(first)
    const after = await put(second)
    await other.stop()
    const old = new Set(await readdir(join(first, 'objects')))
    const { file } = await readReleaseDir(second)
    expect(before.uploaded).toBe(before.objects)
    expect(after.uploaded).toBe(file.objects.filter((hash) => !old.has(hash)).length)
    expect(after.uploaded).toBeLessThan(after.objects)
  })

  test('starts a canary, promotes it and rolls it back without a key', async () => {
    await publish(first)
    await publish(second, { canary: 0.1 })
    const client = clientAt(edge.url)
    const canary = { manifest: await manifestOf(second), share: 0.1 }
    expect(await client.livePointer(channel)).toMatchObject({ manifest: await manifestOf(first), canary })
    await promoteRelease({ ...place(), canary: 0.5, reason: 'significantly better' }, createIo())
    expect((await client.livePointer(channel))?.canary?.share).toBe(0.5)
    await promoteRelease({ ...place(), canary: undefined }, createIo())
    expect(await client.livePointer(channel)).toMatchObject({ manifest: canary.manifest, canary: null })
    const back = await rollbackRelease(place(), createIo())
    expect(await client.livePointer(channel)).toMatchObject({ manifest: await manifestOf(first), canary: null })
    expect(back.lines).toEqual([`channel ${channel} is now at publication 2, step rollback`])
    await expect(promoteRelease({ ...place(), canary: undefined }, createIo())).rejects.toMatchObject({
      code: 'sequence-replayed',
    })
    const { lines } = await listChanges(place(), createIo())
    const here = lines.filter((line) => line.includes(`channel ${channel},`) && line.includes('  moved  '))
    expect(here.map((line) => line.replace(/^.* step /, 'step '))).toEqual([
      expect.stringMatching(/^step canary50, sequence \d+, reason significantly better$/),
      expect.stringMatching(/^step full, sequence \d+$/),
      expect.stringMatching(/^step rollback, sequence \d+$/),
    ])
    const { summary } = await collectObjects(place(), createIo())
    expect(summary).toMatchObject({ removed: 0 })
  })

  test('a backup brings the site to another edge, where it goes on', async () => {
    await publish(first)
    await publish(second, { canary: 0.1 })
    const backupDir = join(dir, 'backup')
    await backUpSite({ ...place(), backupDir }, createIo())
    const elsewhere = await openEdgeHome(join(dir, 'elsewhere'))
    await registerSite(elsewhere, 'demo', keys.publicKey)
    const there = { ...place(), edge: undefined, dir: elsewhere.dir }
    const { summary } = await restoreSite({ ...there, backupDir }, createIo())
    expect(summary.channels).toBeGreaterThan(0)
    const moved = await promoteRelease({ ...there, canary: undefined }, createIo())
    expect(moved.summary).toMatchObject({ live: 'full', status: 'changed' })
  })

  test('gives the first release of a channel to everybody and says so', async () => {
    const io = createIo()
    await publishRelease({ ...place(), releaseDir: first, keysDir: keys.dir, canary: 0.1 }, io)
    expect((await clientAt(edge.url).livePointer(channel))?.canary).toBeNull()
    expect(io.warnings).toEqual(['the first release of a channel goes to everybody'])
  })

  test('publishes after somebody else who was faster', async () => {
    await publish(first)
    const both = await Promise.all([publish(second), publish(third)])
    const publications = both.map(({ summary }) => summary.publication)
    expect(publications.sort()).toEqual([2, 3])
    const live = await clientAt(edge.url).livePointer(channel)
    expect(live && publicationOf(live.sequence)).toBe(3)
  })

  test('lists channels and releases', async () => {
    await publish(first)
    await publish(second)
    const releases = await listReleases(place(), createIo())
    expect(releases.lines).toHaveLength(2)
    expect(releases.lines[0]).toContain(`manifest ${(await manifestOf(second)).slice(0, 12)}`)
    const channels = await listChannels(place(), createIo())
    expect(channels.lines.find((line) => line.startsWith(`${channel} `))).toContain('publication 2  step full')
  })
})

describe('publish refuses', () => {
  test('a release that was not signed, without keys', async () => {
    await expect(publish(first, { keysDir: undefined })).rejects.toMatchObject({ code: 'keys-missing' })
  })

  test('a share without a signed step', () => {
    expect(stepOfShare(0.25)).toBe('canary25')
    expect(stepOfShare(1)).toBe('full')
    expect(() => stepOfShare(0.3)).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })

  test('a request that names no edge or two, and a missing token', async () => {
    const release = { releaseDir: first, keysDir: keys.dir, canary: undefined }
    const none = { ...place(), edge: undefined }
    await expect(publishRelease({ ...none, ...release }, createIo())).rejects.toMatchObject({ code: 'bad-request' })
    await expect(publish(first, { dir: home.dir })).rejects.toMatchObject({ code: 'bad-request' })
    await expect(publish(first, { tokenEnv: 'NO_SUCH_TOKEN' })).rejects.toMatchObject({ code: 'unauthorised' })
  })

  test('a damaged object, and leaves the channel as it was', async () => {
    const broken = await buildTinyRelease(dir, 'broken', 72)
    const { file } = await readReleaseDir(broken)
    const known = new Set(await clientAt(edge.url).missing(file.objects))
    const hash = file.objects.find((name) => known.has(name) && name !== file.manifest) ?? ''
    const path = join(broken, 'objects', hash)
    const bytes = await readFile(path)
    bytes[bytes.length - 1] ^= 1
    await writeFile(path, bytes)
    await expect(publish(broken)).rejects.toMatchObject({ code: 'hash-mismatch' })
    expect(await clientAt(edge.url).livePointer(channel)).toBeNull()
  })

  test('another site than the one it was built for', async () => {
    await expect(publish(first, { overrides: { site: { name: 'other' } } as never })).rejects.toMatchObject({
      code: 'bad-request',
    })
  })
})

describe('publish --dir', () => {
  const inDir = (path: string, releaseDir = first) =>
    publish(releaseDir, { edge: undefined, dir: path, channel: 'main' })

  test('starts an edge for the time of the call, and registers the site', async () => {
    const path = join(dir, 'by-dir')
    expect((await inDir(path)).summary).toMatchObject({ status: 'changed', publication: 1 })
    expect((await inDir(path, second)).summary).toMatchObject({ status: 'changed', publication: 2 })
    const sites = JSON.parse(await readFile(join(path, 'sites.json'), 'utf8')) // written by openEdgeHome
    expect(sites).toMatchObject([{ name: 'demo', keys: [keys.publicKey], tokens: [{ scopes: ['publish', 'read'] }] }])
    expect((await stat(join(path, 'token'))).mode & 0o777).toBe(0o600)
  })

  test('uses the edge that runs on it, which learns of the site', async () => {
    const running = await openEdgeHome(join(dir, 'running'))
    const process = await startEdge(running, { host: '127.0.0.1', port: 0 })
    await inDir(running.dir)
    const answer = await fetch(`${process.url}/v1/sites/demo/channels/main`)
    await process.stop()
    expect(await answer.json()).toMatchObject({ manifest: await manifestOf(first) })
  })

  test('a directory has one edge at a time', async () => {
    await expect(startEdge(home, { host: '127.0.0.1', port: 0 })).rejects.toMatchObject({ code: 'conflict' })
  })
})
