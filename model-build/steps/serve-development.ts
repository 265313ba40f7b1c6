import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import { DEFAULT_CHANNEL } from '#contract/pointer'
import type { DevRequest, StepIo, StepResult } from '../commands/requests.ts'
import { createKeys, loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Config } from '../config/schema.ts'
import { buildStamp } from '../publish/build-stamp.ts'
import { inputFiles, makeDemoData, nameData } from '../publish/development-data.ts'
import { EdgeClient, systemDeps } from '../publish/edge-client.ts'
import { findRunning, openEdgeHome, registerSite } from '../publish/edge-home.ts'
import { type EdgeProcess, findPort, startEdge, stayWith } from '../publish/edge-process.ts'
import { type PageConfig, packageFiles, preparePage, writePageConfig } from '../publish/page-files.ts'
import { publishTo } from '../publish/publish.ts'
import { readLastRelease, readReleaseDir, replaceFile } from '../release/release-dir.ts'
import type { SigningKey } from '../release/sign.ts'
import { buildRelease } from './build-release.ts'

/** The folders of one data set below `--dir`. */
type Work = { readonly dir: string; readonly data: string; readonly keys: string; readonly release: string }

export type DevelopmentParts = {
  /** Gives the directory of the page, built. */
  readonly preparePage: () => Promise<string>
  /** Writes pages of its own into a directory that is served at `/` before the page's. */
  readonly addPages?: (dir: string, config: PageConfig) => Promise<void>
}

/** Body of `pocketshelf dev`: data, keys, release, edge and page, each made only when it is not there yet; stays until a signal. */
export async function serveDevelopment(
  request: DevRequest,
  io: StepIo,
  parts: DevelopmentParts = { preparePage },
): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const { name, input } = nameData(request)
  const work = workOf(join(request.dir, name))
  const home = await openEdgeHome(work.dir)
  const running = await findRunning(home)
  if (running !== null) throw new RecError('conflict', `it runs already: ${running.url}`)
  const pageDir = await parts.preparePage()
  const key = await keysIn(work)
  const isGenerated = name === 'demo'
  if (isGenerated) await generate(work, config, io)
  const wanted = { ...request, ...input, ...(isGenerated ? ofDemo(request, work) : {}) }
  const isBuilt = await buildIfChanged(wanted, work, config, io)
  await registerSite(home, config.site.name, key.publicKey)
  const settings = { site: config.site.name, keys: key.publicKey, channel: DEFAULT_CHANNEL }
  const ownPages = await writePageConfig(work.dir, settings)
  await parts.addPages?.(ownPages, settings)
  const statics = [
    { path: '/', dir: ownPages },
    { path: '/', dir: pageDir },
    ...packageFiles(),
    ...coversOf(wanted.dataDir),
  ]
  const port = await findPort(request.host, request.port)
  const edge = await startEdge(home, { host: request.host, port, statics, isSinglePage: true })
  try {
    await publishIfNeeded(edge, { token: home.token, work, site: config.site.name, key, isBuilt }, io)
    const result = resultOf(edge, work, key.publicKey)
    io.ready(result)
    await stayWith(edge, io.signal)
    return result
  } finally {
    await edge.stop()
  }
}

function workOf(dir: string): Work {
  return { dir, data: join(dir, 'shop'), keys: join(dir, 'keys'), release: join(dir, 'release') }
}

async function keysIn(work: Work): Promise<SigningKey> {
  if (!existsSync(work.keys)) await createKeys(work.keys)
  return (await loadKeys(work.keys)).signing
}

/** Histories that the demo's ranker learns from, unless a configuration says otherwise: enough to show what it does, a minute and a half sooner. */
const DEMO_QUERIES = 600

function ofDemo({ configFile, overrides }: DevRequest, work: Work): Pick<DevRequest, 'dataDir' | 'overrides'> {
  const ranker = { maxQueries: DEMO_QUERIES, ...overrides.ranker }
  return { dataDir: work.data, overrides: configFile === undefined ? { ...overrides, ranker } : overrides }
}

async function generate(work: Work, config: Config, io: StepIo): Promise<void> {
  await makeDemoData(work.data, config.seed, () => io.stage('generate demo data'))
}

/** @returns Whether something was built. */
async function buildIfChanged(request: DevRequest, work: Work, config: Config, io: StepIo): Promise<boolean> {
  const stampFile = join(work.release, 'built-from')
  const stamp = buildStamp(inputFiles(request), config)
  const last = await readFile(stampFile, 'utf8').catch(() => '')
  if (last === stamp && existsSync(join(work.release, 'release.json'))) return false
  await dropUnreadable(work, io)
  await mkdir(work.release, { recursive: true })
  await buildRelease({ ...request, outDir: work.release, keysDir: work.keys }, io)
  await replaceFile(stampFile, stamp)
  return true
}

/** A last release that is damaged or of another format would stop every build; here it can be made again. */
async function dropUnreadable(work: Work, io: StepIo): Promise<void> {
  try {
    await readLastRelease(work.release)
  } catch (error) {
    if (!(error instanceof RecError)) throw error
    io.warn(`the last release cannot be read (${error.message}); starting anew`)
    await rm(work.release, { recursive: true, force: true })
  }
}

function coversOf(dataDir: string | undefined) {
  const dir = join(dataDir ?? '', 'covers')
  return dataDir !== undefined && existsSync(dir) ? [{ path: '/covers', dir }] : []
}

type Publishing = {
  readonly token: string
  readonly work: Work
  readonly site: string
  readonly key: SigningKey
  readonly isBuilt: boolean
}

/** A release that is live stays as it is, so that what was published since, by a retraining for example, survives a restart. */
async function publishIfNeeded(edge: EdgeProcess, parts: Publishing, io: StepIo): Promise<void> {
  const { site, token, work, key } = parts
  const client = new EdgeClient({ url: edge.url, site, token }, systemDeps(io.signal))
  if (!parts.isBuilt && (await client.livePointer(DEFAULT_CHANNEL)) !== null) return
  const { file } = await readReleaseDir(work.release)
  await publishTo(client, {
    releaseDir: work.release,
    file,
    channel: DEFAULT_CHANNEL,
    key,
    activate: 'full',
    nowMs: Date.now,
    onProgress: io.stage('publish'),
  })
}

function resultOf(edge: EdgeProcess, work: Work, publicKey: string): StepResult {
  const url = `${edge.url}/`
  return {
    summary: { url, publicKey, dir: work.dir, release: work.release },
    lines: [
      `The shop is open; its files are in ${work.dir}. Ctrl-C closes it.`,
      `data-keys of pages that use it: ${publicKey}`,
      url,
    ],
  }
}
