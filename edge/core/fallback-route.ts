import type { Context, Hono } from 'hono'
import { RecError } from '#contract/errors'
import { isSiteName, LIMITS } from '#contract/limits'
import { parseSignedPointer } from '#contract/pointer'
import { HEADERS, preflight } from './answers.ts'
import { FallbackLists, publicScene } from './fallback-list.ts'
import { fallbackHtml } from './fallback-page.ts'
import { matchesTag } from './negotiate.ts'
import type { EdgeDeps } from './ports.ts'
import { pointerKey } from './releases.ts'
import { numberQuery, type Route, siteParam } from './route.ts'

const PATH = '/v1/sites/:site/fallback/:scene'
const DEFAULT_ITEMS = 12

/** `GET /fallback/<scene>`: the list that needs no history, as JSON or HTML, for pages made on a server and for visitors without scripts. */
export function addFallbackRoute(app: Hono, deps: EdgeDeps, route: Route): void {
  const lists = new FallbackLists(deps.blobs)
  app.options(PATH, () => preflight('GET, HEAD'))
  app.get(
    PATH,
    route('fallback', 'public', async (c) => {
      const site = siteParam(c)
      const scene = publicScene(c.req.param('scene') ?? '')
      const limit = numberQuery(c, 'limit', { fallback: DEFAULT_ITEMS, max: LIMITS.listItems })
      const { manifest, isHtml, locale } = await readQuery(c, deps, site)
      const list = await lists.load({ site, manifest, scene, locale })
      const shown = { ...list, items: list.items.slice(0, limit) }
      const body = isHtml ? fallbackHtml(shown) : JSON.stringify({ v: 1, ...shown })
      const etag = `"${manifest.slice(0, 32)}-${scene}-${limit}-${locale ?? ''}-${isHtml ? 'html' : 'json'}"`
      const headers = { ...(isHtml ? HEADERS.fallbackHtml : HEADERS.fallbackJson), etag }
      if (matchesTag(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers })
      deps.metrics.add('served_bytes', body.length)
      return new Response(body, { headers })
    }),
  )
}

async function readQuery(
  c: Context,
  deps: EdgeDeps,
  site: string,
): Promise<{ manifest: string; isHtml: boolean; locale: string | undefined }> {
  const channel = c.req.query('channel') ?? 'main'
  const format = c.req.query('format') ?? 'json'
  const locale = c.req.query('locale')
  if (!isSiteName(channel)) throw new RecError('release-missing', 'there is no such channel')
  if (format !== 'html' && format !== 'json') throw new RecError('bad-request', 'format is html or json')
  if (locale !== undefined && !/^[\w-]{1,35}$/.test(locale))
    throw new RecError('bad-request', 'locale is not a language tag')
  const entry = await deps.state.peek(site, pointerKey(channel))
  if (entry === undefined) throw new RecError('release-missing', 'nothing was published on this channel')
  // During a canary this is what most devices use.
  return { manifest: parseSignedPointer(JSON.parse(entry.value)).manifest, isHtml: format === 'html', locale }
}
