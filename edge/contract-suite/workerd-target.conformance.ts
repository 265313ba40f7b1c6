import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import type { EdgeTarget, RunningEdge, TargetOptions } from './edge-target.ts'

const WORKER = fileURLToPath(new URL('../cloudflare/worker.ts', import.meta.url))

/** Few, so that tests meet several shards and start fast. */
const SHARDS = 3

let bundled: Promise<string> | undefined

/** Bundles the Worker as wrangler would; once per test file. */
function bundle(): Promise<string> {
  bundled ??= build({
    entryPoints: [WORKER],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers', 'node:*'],
    logLevel: 'error',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '')
  return bundled
}

/** An edge in workerd with local R2, durable objects and rate limits; no request leaves this machine. */
export type WorkerdEdge = RunningEdge & { readonly miniflare: Miniflare; readonly dir: string }

async function startOn(dir: string, options: TargetOptions): Promise<WorkerdEdge> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'edge',
      modules: true,
      script: await bundle(),
      compatibilityDate: '2026-11-01',
      compatibilityFlags: ['nodejs_compat'],
      host: '127.0.0.1',
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      unsafeInspectDurableObjects: true,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: () => undefined,
      resourcePersistencePath: dir,
      r2Buckets: ['OBJECTS'],
      durableObjects: {
        SITE: { className: 'SiteObject', useSQLite: true },
        EVENTS: { className: 'EventShard', useSQLite: true },
        SUMS: { className: 'SumsObject', useSQLite: true },
      },
      ratelimits: {
        CLIENT_LIMIT: { namespace_id: '1001', simple: { limit: 1_000_000, period: 10 } },
        SITE_LIMIT: { namespace_id: '1002', simple: { limit: 1_000_000, period: 10 } },
      },
      analyticsEngineDatasets: { METRICS: { dataset: 'pocketshelf' } },
      bindings: {
        SITES: JSON.stringify(options.sites),
        EVENT_SHARDS: String(SHARDS),
        ...(options.gcGraceMs === undefined ? {} : { GC_GRACE_MS: String(options.gcGraceMs) }),
      },
    }),
  )
  const url = (await miniflare.ready).origin
  return {
    url,
    miniflare,
    dir,
    restart: async (changed) => {
      await miniflare.dispose()
      return startOn(dir, { ...options, ...changed })
    },
    close: async () => {
      await miniflare.dispose()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The Cloudflare edge as a target of the contract suite. */
export const workerdTarget = {
  name: 'workerd',
  start: (options: TargetOptions): Promise<WorkerdEdge> =>
    startOn(mkdtempSync(join(tmpdir(), 'edge-workerd-')), options),
} satisfies EdgeTarget
