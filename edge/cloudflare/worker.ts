import type { Hono } from 'hono'
import { epochOf } from '#contract/feedback/plan'
import { createApp } from '../core/app.ts'
import { EDGE_LIMITS } from '../core/edge-limits.ts'
import type { Clock, EdgeDeps, Host, Log } from '../core/ports.ts'
import { parseSites, type Site } from '../core/sites.ts'
import { Analytics } from './analytics.ts'
import type { Bindings } from './bindings.ts'
import { CombinedLimiter } from './combined-limiter.ts'
import { R2Blobs } from './r2-blobs.ts'
import { ShardedEvents } from './sharded-events.ts'
import { SiteState } from './site-state.ts'
import { SumsBySite } from './sums-by-site.ts'

export { EventShard } from './event-shard.ts'
export { SiteObject } from './site-object.ts'
export { SumsObject } from './sums-object.ts'

const DEFAULT_SHARDS = 8
const MAX_SHARDS = 256

const clock: Clock = { now: () => Date.now(), seconds: () => performance.now() / 1000 }

// biome-ignore lint/suspicious/noConsole: the only way to the log of a Worker
const log: Log = (event, fields) => console.log(JSON.stringify({ event, ...fields }))

type Edge = { readonly app: Hono; readonly deps: EdgeDeps; readonly sums: SumsBySite }

/** One per isolate; made by its first request, since nothing may run before. */
const edges = new WeakMap<Bindings, Edge>()

/** @throws RecError `config-invalid` */
function edgeOf(env: Bindings): Edge {
  const known = edges.get(env)
  if (known !== undefined) return known
  const sites = parseSites(JSON.parse(env.SITES ?? '[]'))
  const sums = new SumsBySite(
    env.SUMS,
    sites.map(({ name }) => name),
  )
  const deps = createDeps(env, sites, sums)
  const edge = { deps, app: createApp(deps), sums }
  edges.set(env, edge)
  return edge
}

function createDeps(env: Bindings, sites: readonly Site[], sums: SumsBySite): EdgeDeps {
  const shards = Math.min(MAX_SHARDS, Math.max(1, Number(env.EVENT_SHARDS ?? DEFAULT_SHARDS)))
  const names = sites.map(({ name }) => name)
  return {
    blobs: new R2Blobs(env.OBJECTS, env.SITE, clock),
    state: new SiteState(env.SITE, sites, clock),
    events: new ShardedEvents({ namespace: env.EVENTS, siteObjects: env.SITE, sites: names, shards, clock }),
    sums,
    limiter: new CombinedLimiter(env, clock),
    metrics: new Analytics(env.METRICS),
    clock,
    log,
    host: createHost(env),
    gcGraceMs: Number(env.GC_GRACE_MS ?? EDGE_LIMITS.gcGraceMs),
  }
}

function createHost(env: Bindings): Host {
  return {
    // Set by the CDN, which overwrites what a client sends.
    clientAddress: (request) => request.headers.get('cf-connecting-ip') ?? undefined,
    isOperator: () => false,
    header: (request, _platform, name) => headerOf(request, name),
    precompressed: { encodeBody: 'manual' },
    otherwise: () => Promise.resolve(undefined),
    notReady: () =>
      env.OBJECTS.head('ready').then(
        () => [],
        () => ['objects'],
      ),
  }
}

/** Inside a Worker `accept-encoding` is always `br, gzip`; what the client sent is beside the request. */
function headerOf(request: Request, name: string): string | undefined {
  if (name === 'accept-encoding') {
    const { cf } = request as Request<unknown, IncomingRequestCfProperties> // every request that reaches a Worker
    if (cf !== undefined) return cf.clientAcceptEncoding
  }
  return request.headers.get(name) ?? undefined
}

// biome-ignore lint/style/noDefaultExport: where workerd looks for the handlers
export default {
  fetch: (request, env) => edgeOf(env).app.fetch(request, env),
  scheduled: async (_controller, env) => {
    const { deps, sums } = edgeOf(env)
    const [rows] = await Promise.all([
      deps.events.prune(clock.now() - EDGE_LIMITS.eventAgeMs),
      sums.flush(epochOf(clock.now()), deps.metrics),
    ])
    if (rows > 0) log('events-pruned', { rows })
  },
} satisfies ExportedHandler<Bindings>
