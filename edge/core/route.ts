import type { Context } from 'hono'
import { RecError } from '#contract/errors'
import { isHash, isSiteName } from '#contract/limits'
import { errorAnswer } from './answers.ts'
import type { EdgeDeps } from './ports.ts'

export type Audience = 'public' | 'admin'

export type Handler = (c: Context) => Promise<Response> | Response

/** Names a handler for metrics and gives its errors a shape. */
export type Route = (name: string, audience: Audience, handler: Handler) => Handler

/**
 * Wraps a handler so that its time and status are counted under `name` and whatever it throws becomes a typed answer.
 * An error without a code is logged by its name only and answered as `internal`, without its message.
 */
export function createRoute(deps: EdgeDeps): Route {
  const { clock, metrics, log } = deps
  return (name, audience, handler) => async (c) => {
    const start = clock.seconds()
    let response: Response
    try {
      response = await handler(c)
    } catch (thrown) {
      response = errorAnswer(known(thrown, name, log), audience)
    }
    metrics.request(name, response.status, clock.seconds() - start)
    return response
  }
}

function known(thrown: unknown, route: string, log: EdgeDeps['log']): RecError {
  if (thrown instanceof RecError) return thrown
  // The client went away while we read its body: nothing failed here, and nobody reads the answer.
  if (thrown instanceof Error && /aborted|ECONNRESET|premature close/i.test(thrown.message)) {
    return new RecError('bad-request', 'the request ended before its body')
  }
  log('request-failed', {
    route,
    error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'not an error',
  })
  return new RecError('internal', 'something unexpected happened')
}

/** The site in the path. @throws RecError `not-found` */
export function siteParam(c: Context): string {
  const site = c.req.param('site')
  if (site === undefined || !isSiteName(site)) throw new RecError('not-found', 'there is no such site')
  return site
}

/** The channel in the path. @throws RecError `release-missing` */
export function channelParam(c: Context): string {
  const name = c.req.param('name')
  if (name === undefined || !isSiteName(name)) throw new RecError('release-missing', 'there is no such channel')
  return name
}

/** The SHA-256 in the path. @throws RecError `object-missing` */
export function hashParam(c: Context): string {
  const hash = c.req.param('sha256')
  if (!isHash(hash)) throw new RecError('object-missing', 'the address is not a SHA-256 in lower-case hex')
  return hash
}

/** A whole number of the query string. @throws RecError `bad-request` */
export function numberQuery(c: Context, name: string, range: { fallback: number; max: number }): number {
  const text = c.req.query(name)
  if (text === undefined) return range.fallback
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new RecError('bad-request', `${name} is a whole number`)
  return Math.min(value, range.max)
}

/** Where a page of a listing starts and how many rows it has: `cursor` and `limit`, both optional. @throws RecError as numberQuery. */
export function pageQuery(c: Context, most: number): { readonly after: number; readonly limit: number } {
  return {
    after: numberQuery(c, 'cursor', { fallback: 0, max: Number.MAX_SAFE_INTEGER }),
    limit: Math.max(1, numberQuery(c, 'limit', { fallback: most, max: most })),
  }
}
