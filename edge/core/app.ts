import { Hono } from 'hono'
import { RecError } from '#contract/errors'
import { addAdminRoutes } from './admin-routes.ts'
import { adminJson, errorAnswer, HEADERS } from './answers.ts'
import { addFallbackRoute } from './fallback-route.ts'
import { addObjectRoutes } from './object-routes.ts'
import { openApiDocument } from './openapi.ts'
import type { EdgeDeps } from './ports.ts'
import { Releases } from './releases.ts'
import { addReportRoute } from './report-route.ts'
import { createRoute, type Route } from './route.ts'
import { createSites } from './sites.ts'
import { addSumsExport } from './sums-export.ts'
import { addVisitorRoutes } from './visitor-routes.ts'

/**
 * The whole edge as a Hono app; the host brings the ports and calls `fetch(request, platform)`.
 * Knows no Node and no Cloudflare: only what both have.
 */
export function createApp(deps: EdgeDeps): Hono {
  const app = new Hono()
  const route = createRoute(deps)
  const siteOf = createSites(deps.state)
  addVisitorRoutes(app, deps, { route, siteOf })
  addObjectRoutes(app, deps, route)
  addFallbackRoute(app, deps, route)
  addReportRoute(app, deps)
  addSumsExport(app, deps, { route, siteOf })
  addAdminRoutes(app, deps, { route, siteOf, releases: new Releases(deps) })
  addOperatorRoutes(app, deps, route)
  app.notFound(
    route('other', 'public', async (c) => {
      const answer = await deps.host.otherwise(c.req.raw)
      if (answer === undefined) throw new RecError('not-found', 'there is nothing at this address')
      return answer
    }),
  )
  // Handlers turn their own errors into answers; this is for what the router itself may throw.
  app.onError(() => errorAnswer(new RecError('internal', 'something unexpected happened'), 'public'))
  return app
}

function addOperatorRoutes(app: Hono, deps: EdgeDeps, route: Route): void {
  let document: string | undefined
  app.get(
    '/openapi.json',
    route('openapi', 'public', () => {
      document ??= JSON.stringify(openApiDocument())
      return new Response(document, { headers: HEADERS.document })
    }),
  )
  app.get(
    '/healthz',
    route('health', 'public', () => new Response('ok\n', { headers: HEADERS.text })),
  )
  app.get(
    '/readyz',
    route('ready', 'public', async () => {
      const notReady = await deps.host.notReady()
      return adminJson({ ready: notReady.length === 0, notReady }, notReady.length === 0 ? 200 : 503)
    }),
  )
  app.get(
    '/metrics',
    route('metrics', 'public', async (c) => {
      const text = deps.host.isOperator(c.req.raw, c.env) ? await deps.metrics.render() : undefined
      if (text === undefined) throw new RecError('not-found', 'there is nothing at this address')
      return new Response(text, {
        headers: { ...HEADERS.text, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      })
    }),
  )
}
