import type { Hono } from 'hono'
import { RecError } from '#contract/errors'
import { adminJson } from './answers.ts'
import { authorise } from './auth.ts'
import type { EdgeDeps } from './ports.ts'
import { type Route, siteParam } from './route.ts'
import type { Site } from './sites.ts'

type ExportContext = { readonly route: Route; readonly siteOf: (name: string) => Promise<Site> }

/** What the build pulls: stored sums, which only ever move by 20 reports or more. */
export function addSumsExport(app: Hono, deps: EdgeDeps, { route, siteOf }: ExportContext): void {
  app.get(
    '/v1/sites/:site/sums',
    route('sums', 'admin', async (c) => {
      const site = await siteOf(siteParam(c)).catch(() => undefined)
      await authorise(c.req.raw, site, 'read')
      if (site === undefined) throw new RecError('unauthorised', 'the bearer token is missing or wrong')
      const sums = await deps.sums.read(site.name)
      return adminJson({
        v: 1,
        sums: sums.map(({ plan, epoch, qid, stripe, count, sum }) => ({
          plan,
          epoch,
          qid,
          stripe,
          count,
          sum: Array.from(sum),
        })),
      })
    }),
  )
}
