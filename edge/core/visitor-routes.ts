import type { Context, Hono } from 'hono'
import { RecError } from '#contract/errors'
import type { BatchReceipt } from '#contract/events'
import { HEADERS, preflight, publicEmpty } from './answers.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import { pseudonymSchema } from './event-schema.ts'
import { checkBatch } from './ingest.ts'
import { matchesTag } from './negotiate.ts'
import { networkPrefix } from './network-prefix.ts'
import type { EdgeDeps, StateEntry } from './ports.ts'
import { pointerKey } from './releases.ts'
import { parseJson, readText } from './request-body.ts'
import { channelParam, type Route, siteParam } from './route.ts'
import type { Site } from './sites.ts'

type AnswerParts = {
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Kept as long as the store hands out the same entry: no parsing and no header work per request. */
const prepared = new WeakMap<StateEntry, AnswerParts>()

/** What a visitor's browser calls besides objects: the channel pointer, event batches, and forgetting. */
export function addVisitorRoutes(
  app: Hono,
  deps: EdgeDeps,
  context: { route: Route; siteOf: (name: string) => Promise<Site> },
): void {
  const { route, siteOf } = context
  addPointerRoute(app, deps, route)

  app.options('/v1/sites/:site/events', () => preflight('POST'))
  app.post(
    '/v1/sites/:site/events',
    route('events', 'public', async (c) => {
      const site = await siteOf(siteParam(c))
      const header = (name: string) => deps.host.header(c.req.raw, c.env, name)
      if (isDeclined(header)) {
        deps.metrics.add('batches_declined', 1)
        return publicEmpty(204)
      }
      checkType(header('content-type'))
      await requireRate(deps, site, c)
      const text = await readText(c.req.raw, EDGE_LIMITS.eventBatchBytes, header)
      const receipt = await store(deps, site.name, parseJson(text))
      return new Response(JSON.stringify(receipt), { headers: HEADERS.publicJson })
    }),
  )

  app.options('/v1/sites/:site/pseudonyms/:pseudonym', () => preflight('DELETE'))
  app.delete(
    '/v1/sites/:site/pseudonyms/:pseudonym',
    route('forget', 'public', async (c) => {
      const site = await siteOf(siteParam(c))
      await requireRate(deps, site, c)
      const pseudonym = pseudonymSchema.safeParse(c.req.param('pseudonym'))
      if (pseudonym.success) {
        await deps.events.forget(site.name, pseudonym.data)
        deps.metrics.add('pseudonyms_forgotten', 1)
      }
      return publicEmpty(204)
    }),
  )
}

function addPointerRoute(app: Hono, deps: EdgeDeps, route: Route): void {
  const path = '/v1/sites/:site/channels/:name'
  app.options(path, () => preflight('GET, HEAD'))
  app.get(
    path,
    route('pointer', 'public', async (c) => {
      const entry = await deps.state.peek(siteParam(c), pointerKey(channelParam(c)))
      if (entry === undefined) throw new RecError('release-missing', 'nothing was published on this channel')
      const parts = pointerParts(entry)
      if (matchesTag(deps.host.header(c.req.raw, c.env, 'if-none-match'), parts.etag))
        return new Response(null, { status: 304, headers: parts.headers })
      deps.metrics.add('served_bytes', entry.value.length) // ASCII
      return new Response(entry.value, { headers: parts.headers })
    }),
  )
}

/** Tag, headers and bytes of a channel's pointer. */
export function pointerParts(entry: StateEntry): AnswerParts {
  const known = prepared.get(entry)
  if (known !== undefined) return known
  const { signature } = JSON.parse(entry.value) as { signature: string } // a SignedPointer, stored by releases.ts alone
  const etag = `"${signature.slice(0, 43)}"`
  const parts = { etag, headers: { ...HEADERS.pointer, etag }, bytes: new TextEncoder().encode(entry.value) }
  prepared.set(entry, parts)
  return parts
}

/** The browser says that its owner wants nothing collected. */
function isDeclined(header: (name: string) => string | undefined): boolean {
  return header('sec-gpc') === '1' || header('dnt') === '1'
}

/** JSON, or plain text as `sendBeacon` sends it without a preflight. */
function checkType(contentType: string | undefined): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type !== '' && type !== 'application/json' && type !== 'text/plain') {
    throw new RecError('bad-request', 'content-type is application/json or text/plain')
  }
}

async function requireRate(deps: EdgeDeps, site: Site, c: Context): Promise<void> {
  const { rates } = site
  const prefix = networkPrefix(deps.host.clientAddress(c.req.raw, c.env))
  const client = { perSecond: rates.clientPerSecond, burst: rates.clientBurst }
  const whole = { perSecond: rates.sitePerSecond, burst: rates.siteBurst }
  const isAllowed =
    (await deps.limiter.allow(`${site.name} ${prefix}`, client)) && (await deps.limiter.allow(site.name, whole))
  if (isAllowed) return
  deps.metrics.add('rate_limited', 1)
  throw new RecError('rate-limited', 'too many batches; send the same batch again later')
}

async function store(deps: EdgeDeps, site: string, value: unknown): Promise<BatchReceipt> {
  const { batch, rows, accepted, refused } = checkBatch(value, deps.clock.now())
  const status = rows.length === 0 ? 'stored' : await deps.events.append(site, rows)
  deps.metrics.add(status === 'stored' ? 'batches_stored' : 'batches_duplicate', 1)
  if (status === 'stored') deps.metrics.add('events_accepted', accepted)
  deps.metrics.add('events_refused', refused.length)
  return { v: 1, batch, status, accepted, refused }
}
