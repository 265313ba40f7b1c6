import type { Context, Hono } from 'hono'
import { RecError } from '#contract/errors'
import { parseSignedPointer } from '#contract/pointer'
import { missingSchema, parseBackup, parsePublication, parseWith, stepSchema } from './admin-schemas.ts'
import { adminJson } from './answers.ts'
import { authorise } from './auth.ts'
import { restoreSite, saveSite } from './backup.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import type { EdgeDeps } from './ports.ts'
import type { Releases } from './releases.ts'
import { readJson } from './request-body.ts'
import { channelParam, type Handler, hashParam, pageQuery, type Route, siteParam } from './route.ts'
import type { Scope, Site } from './sites.ts'

type AdminContext = {
  readonly route: Route
  readonly siteOf: (name: string) => Promise<Site>
  readonly releases: Releases
}

type Admitted = (c: Context, site: Site, by: string) => Promise<Response>

/** What publishers and builds call, each with a bearer token of the site; no other origin's page may read any answer. */
export function addAdminRoutes(app: Hono, deps: EdgeDeps, context: AdminContext): void {
  const { route, siteOf } = context
  const admit = (name: string, scope: Scope, handler: Admitted) =>
    route(name, 'admin', async (c) => {
      // A wrong token and an unknown site look the same.
      const site = await siteOf(siteParam(c)).catch(() => undefined)
      const by = await authorise(c.req.raw, site, scope)
      if (site === undefined) throw new RecError('unauthorised', 'the bearer token is missing or wrong')
      return handler(c, site, by)
    })
  addUploads(app, deps, admit)
  addReleases(app, deps, context.releases, admit)
  app.get(
    '/v1/sites/:site/events',
    admit('export', 'read', async (c, site) => {
      const { after, limit } = pageQuery(c, EDGE_LIMITS.exportRows)
      const rows = await deps.events.read(site.name, after, limit)
      const events = rows.flatMap(
        ({ seq, batch, events: kept }) => (JSON.parse(kept) as unknown[]).map((event) => ({ seq, batch, event })), // an array written by ingest.ts
      )
      return adminJson({ v: 1, events, cursor: rows.at(-1)?.seq ?? after, isEnd: rows.length < limit })
    }),
  )
}

type Admit = (name: string, scope: Scope, handler: Admitted) => Handler

function addUploads(app: Hono, deps: EdgeDeps, admit: Admit): void {
  app.put(
    '/v1/sites/:site/objects/:sha256',
    admit('upload', 'publish', async (c, site) => {
      const hash = hashParam(c)
      const encoding = c.req.header('content-encoding')
      if (encoding !== undefined && encoding !== 'identity')
        throw new RecError('bad-request', 'an object is uploaded uncompressed')
      if (Number(c.req.header('content-length') ?? 0) > EDGE_LIMITS.objectBytes) {
        throw new RecError('too-large', 'the object is too large', { maxBytes: EDGE_LIMITS.objectBytes })
      }
      const body = c.req.raw.body ?? new Blob([]).stream()
      const status = await deps.blobs.put(site.name, hash, body, EDGE_LIMITS.objectBytes)
      if (status === 'stored') deps.metrics.add('objects_stored', 1)
      return adminJson({ v: 1, status }, status === 'stored' ? 201 : 200)
    }),
  )
  app.post(
    '/v1/sites/:site/objects/missing',
    admit('missing', 'publish', async (c, site) => {
      const { hashes } = parseWith(missingSchema, await readJson(c.req.raw, EDGE_LIMITS.adminBodyBytes))
      return adminJson({ v: 1, missing: await deps.blobs.missing(site.name, [...new Set(hashes)]) })
    }),
  )
}

function addReleases(app: Hono, deps: EdgeDeps, releases: Releases, admit: Admit): void {
  app.post(
    '/v1/sites/:site/publications',
    admit('publish', 'publish', async (c, site, by) => {
      const publication = parsePublication(await readJson(c.req.raw, EDGE_LIMITS.adminBodyBytes))
      const answer = await releases.publish(site, publication, by)
      return adminJson(answer, answer.status === 'changed' ? 201 : 200)
    }),
  )
  app.post(
    '/v1/sites/:site/channels/:name/step',
    admit('step', 'publish', async (c, site, by) => {
      const move = parseWith(stepSchema, await readJson(c.req.raw, EDGE_LIMITS.adminBodyBytes))
      return adminJson(await releases.step(site.name, channelParam(c), { ...move, by }))
    }),
  )
  app.get(
    '/v1/sites/:site/channels',
    admit('channels', 'publish', async (_c, site) => adminJson({ v: 1, channels: await releases.channels(site.name) })),
  )
  app.get(
    '/v1/sites/:site/releases',
    admit('releases', 'publish', async (_c, site) => adminJson({ v: 1, releases: await releases.releases(site.name) })),
  )
  app.get(
    '/v1/sites/:site/audit',
    admit('audit', 'publish', async (c, site) => {
      const { after, limit } = pageQuery(c, EDGE_LIMITS.auditRows)
      const entries = await deps.state.audit(site.name, after, limit)
      return adminJson({ v: 1, entries, cursor: entries.at(-1)?.position ?? after })
    }),
  )
  app.get(
    '/v1/sites/:site/backup',
    admit('backup', 'publish', async (_c, site) => adminJson(await saveSite(deps, site.name))),
  )
  app.put(
    '/v1/sites/:site/backup',
    admit('restore', 'publish', async (c, site, by) => {
      const publications = parseBackup(await readJson(c.req.raw, EDGE_LIMITS.backupBytes))
      return adminJson({ v: 1, ...(await restoreSite(deps, site, { publications, by })) }, 201)
    }),
  )
  app.post(
    '/v1/sites/:site/gc',
    admit('gc', 'publish', async (_c, site, by) =>
      adminJson({ v: 1, ...(await releases.collect(site.name, by, deps.gcGraceMs)) }),
    ),
  )
}

/** Sets the gauge of served releases, for metrics after a restart. */
export async function reportLive(deps: EdgeDeps, site: string): Promise<void> {
  for (const entry of await deps.state.list(site, 'pointer/')) {
    const pointer = parseSignedPointer(JSON.parse(entry.value))
    deps.metrics.live(site, pointer.channel, pointer.sequence)
  }
}
