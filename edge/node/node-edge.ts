import { mkdirSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { reportLive } from '../core/admin-routes.ts'
import { createApp } from '../core/app.ts'
import { EDGE_LIMITS } from '../core/edge-limits.ts'
import type { Clock, EdgeDeps, Host, Log } from '../core/ports.ts'
import { TokenBuckets } from '../core/rate-limiter.ts'
import { parseSites, type SiteInput, storeSite } from '../core/sites.ts'
import { StripedSums } from '../core/striped-sums.ts'
import { BlobFiles } from './blob-files.ts'
import { clientAddressOf, isWithin, LOOPBACK_NETWORKS, parseNetworks } from './client-address.ts'
import { type DataLock, lockDataDir } from './data-lock.ts'
import { EventLogThread } from './event-log.ts'
import { HotAnswers } from './hot-answers.ts'
import { type CloseWaiting, serveHot } from './hot-connections.ts'
import { silentLog } from './log.ts'
import { MemoryCache } from './memory-cache.ts'
import { PrometheusMetrics } from './metrics.ts'
import { StateDatabase } from './state-database.ts'
import { type StaticDir, StaticFiles } from './static-files.ts'
import { SumDatabase } from './sum-database.ts'
import { closeSums, flushPeriodically } from './sum-upkeep.ts'

export type NodeEdgeOptions = {
  /** Where everything lies; made when absent. One process at a time. */
  readonly dataDir: string
  /** 0 takes a free port. Default 0. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly hostname?: string
  /** When given, all sites: one that was registered before and is not named here keeps its data and loses its tokens. */
  readonly sites?: readonly SiteInput[]
  readonly staticDirs?: readonly StaticDir[]
  /** CIDRs whose X-Forwarded-For is believed. Default none. */
  readonly trustedProxies?: readonly string[]
  /** CIDRs that may read /metrics. Default loopback. */
  readonly metricsFrom?: readonly string[]
  /** Memory for hot objects. Default 256 MB. */
  readonly memoryBytes?: number
  /** Where the event database stops growing. Default 0, the disk's own limit. */
  readonly eventsMaxBytes?: number
  /** See `EdgeDeps.gcGraceMs`. Default a day. */
  readonly gcGraceMs?: number
  /** A client that has not sent its headers by then is cut off. Default 10 s. */
  readonly headersTimeoutMs?: number
  /** How long a client may take for a whole request, body included, default two minutes. */
  readonly requestTimeoutMs?: number
  readonly clock?: Clock
  readonly log?: Log
}

export type NodeEdge = {
  /** Without a trailing slash. */
  readonly url: string
  /** Replaces the registered sites: keys, tokens, rates. @throws RecError `config-invalid` */
  setSites(sites: readonly SiteInput[]): Promise<void>
  /** Stops accepting, answers what is under way (at most 10 s), writes what waits, closes the stores. */
  close(): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 120_000
const KEEP_ALIVE_MS = 75_000
const SILENT_SOCKET_MS = 60_000
const MAX_HEADER_BYTES = 16 * 1024
const STOP_MS = 10_000
const PRUNE_EVERY_MS = 3_600_000
const DEFAULT_MEMORY_BYTES = 256 * 2 ** 20

const systemClock: Clock = { now: () => Date.now(), seconds: () => performance.now() / 1000 }

/**
 * Starts the edge in this process: objects in files, state and events in SQLite, hot objects in memory.
 * @throws RecError `config-invalid`, `input-missing`, `conflict` (the directory is in use); the system's error when the port is taken.
 */
export async function createNodeEdge(options: NodeEdgeOptions): Promise<NodeEdge> {
  mkdirSync(options.dataDir, { recursive: true })
  const lock = lockDataDir(options.dataDir)
  const opened: (() => Promise<void> | void)[] = [() => lock.release()]
  try {
    return await startEdge(options, lock, opened)
  } catch (thrown) {
    for (const close of opened.reverse()) await close()
    throw thrown
  }
}

/** @param opened - Gets what must be closed, in the order of opening. */
async function startEdge(
  options: NodeEdgeOptions,
  lock: DataLock,
  opened: (() => Promise<void> | void)[],
): Promise<NodeEdge> {
  const { dataDir, clock = systemClock, log = silentLog } = options
  const statics = await StaticFiles.open(options.staticDirs ?? [])
  const networks = {
    proxies: parseNetworks(options.trustedProxies ?? []),
    operators: parseNetworks(options.metricsFrom ?? LOOPBACK_NETWORKS),
  }
  const cache = new MemoryCache(options.memoryBytes ?? DEFAULT_MEMORY_BYTES)
  const state = new StateDatabase(join(dataDir, 'state.db'))
  opened.push(() => state.close())
  const events = new EventLogThread(
    { path: join(dataDir, 'events.db'), maxBytes: options.eventsMaxBytes ?? 0 },
    clock,
    log,
  )
  opened.push(() => events.close())
  const sums = new SumDatabase(join(dataDir, 'sums.db'))
  opened.push(() => closeSums(sums, clock))
  const stopping = { isStopping: false }
  const blobs = new BlobFiles(join(dataDir, 'objects'), cache)
  const deps: EdgeDeps = {
    blobs,
    state,
    events,
    sums: new StripedSums(sums, clock),
    limiter: new TokenBuckets(clock),
    metrics: new PrometheusMetrics(cache),
    clock,
    log,
    host: createHost({ networks, statics, state, events, stopping }),
    gcGraceMs: options.gcGraceMs ?? EDGE_LIMITS.gcGraceMs,
  }
  const setSites = (sites: readonly SiteInput[]) => replaceSites(state, clock, sites)
  if (options.sites !== undefined) await setSites(options.sites)
  for (const site of state.sites()) await reportLive(deps, site)
  await events.check()
  const headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const server = createServer(createApp(deps), { headersTimeoutMs, requestTimeoutMs })
  const keepAliveSeconds = Math.floor(KEEP_ALIVE_MS / 1000)
  const closeWaiting = serveHot(
    server,
    new HotAnswers({ blobs, state, metrics: deps.metrics, clock, keepAliveSeconds }),
    { firstMs: headersTimeoutMs, keepAliveMs: KEEP_ALIVE_MS },
  )
  const url = await listen(server, options.port ?? 0, options.hostname ?? '127.0.0.1')
  lock.announce(url)
  opened.push(
    () => stopServer(server, closeWaiting),
    prunePeriodically(events, clock, log),
    flushPeriodically({ sums, sites: () => state.sites(), metrics: deps.metrics, clock, log }),
  )
  log('edge-started', { sites: state.sites().length })
  const stop = async () => {
    stopping.isStopping = true
    for (const close of opened.reverse()) await close()
    log('edge-stopped')
  }
  let stopped: Promise<void> | undefined
  return { url, setSites, close: () => (stopped ??= stop()) }
}

type HostParts = {
  readonly networks: {
    readonly proxies: ReturnType<typeof parseNetworks>
    readonly operators: ReturnType<typeof parseNetworks>
  }
  readonly statics: StaticFiles
  readonly state: StateDatabase
  readonly events: EventLogThread
  readonly stopping: { readonly isStopping: boolean }
}

function createHost({ networks, statics, state, events, stopping }: HostParts): Host {
  const incomingOf = (platform: unknown): IncomingMessage => (platform as { incoming: IncomingMessage }).incoming // as @hono/node-server passes it
  const clientAddress: Host['clientAddress'] = (_request, platform) =>
    clientAddressOf(incomingOf(platform), networks.proxies)
  return {
    clientAddress,
    isOperator: (request, platform) => isWithin(networks.operators, clientAddress(request, platform)),
    header: (_request, platform, name) => {
      const value = incomingOf(platform).headers[name]
      return typeof value === 'string' ? value : undefined
    },
    precompressed: {},
    otherwise: (request) => statics.answer(request),
    notReady: async () => {
      const problems: string[] = stopping.isStopping ? ['stopping'] : []
      try {
        state.check()
      } catch {
        problems.push('state')
      }
      await events.check().catch(() => problems.push('events'))
      return problems
    },
  }
}

async function replaceSites(state: StateDatabase, clock: Clock, inputs: readonly SiteInput[]): Promise<void> {
  const sites = parseSites(inputs)
  const named = new Set(sites.map((site) => site.name))
  const gone = parseSites(
    state
      .sites()
      .filter((name) => !named.has(name))
      .map((name) => ({ name, keys: [], tokens: [] })),
  )
  for (const site of [...sites, ...gone]) await storeSite(state, clock, site)
}

type Timeouts = { readonly headersTimeoutMs: number; readonly requestTimeoutMs: number }

function createServer(app: Hono, { headersTimeoutMs, requestTimeoutMs }: Timeouts): Server {
  const server = createAdaptorServer({
    fetch: (request, platform) => app.fetch(request, platform),
    serverOptions: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(2_000, headersTimeoutMs, requestTimeoutMs),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  }) as Server // without TLS or HTTP/2 options it is node:http's
  server.maxHeadersCount = 100
  server.setTimeout(SILENT_SOCKET_MS)
  return server
}

function listen(server: Server, port: number, hostname: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo // a TCP server that listens
      resolve(`http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${address.port}`)
    })
  })
}

function stopServer(server: Server, closeWaiting: CloseWaiting): Promise<void> {
  return new Promise((resolve) => {
    const closeIdle = () => {
      server.closeIdleConnections()
      closeWaiting(false)
    }
    const sweep = setInterval(closeIdle, 50)
    const force = setTimeout(() => {
      server.closeAllConnections()
      closeWaiting(true)
    }, STOP_MS)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(force)
      resolve()
    })
  })
}

/** Deletes raw events beyond their age, at once and every hour. @returns Stops it. */
function prunePeriodically(events: EventLogThread, clock: Clock, log: Log): () => void {
  const run = () => {
    events.prune(clock.now() - EDGE_LIMITS.eventAgeMs).then(
      (rows) => rows > 0 && log('events-pruned', { rows }),
      (error: unknown) => log('prune-failed', { error: error instanceof Error ? error.message : 'unknown' }),
    )
  }
  run()
  const timer = setInterval(run, PRUNE_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
