import { ERROR_CODES, type RecError } from '#contract/errors'

const JSON_TYPE = 'application/json; charset=utf-8'

const ANY_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, retry-after',
  'cross-origin-resource-policy': 'cross-origin',
  'timing-allow-origin': '*',
  'x-content-type-options': 'nosniff',
} as const

/** Headers are constants set by hand: each middleware costs more than the rest of the request. */
export const HEADERS = {
  pointer: { ...ANY_ORIGIN, 'content-type': JSON_TYPE, 'cache-control': 'public, max-age=30, must-revalidate' },
  object: {
    ...ANY_ORIGIN,
    'access-control-expose-headers': 'etag, content-range, accept-ranges',
    'content-type': 'application/octet-stream',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'public, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    vary: 'accept-encoding',
  },
  fallbackJson: {
    ...ANY_ORIGIN,
    'content-type': JSON_TYPE,
    'cache-control': 'public, max-age=300, stale-while-revalidate=3600',
  },
  fallbackHtml: {
    ...ANY_ORIGIN,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; img-src *; frame-ancestors 'none'; sandbox",
    'cache-control': 'public, max-age=300, stale-while-revalidate=3600',
  },
  document: { ...ANY_ORIGIN, 'content-type': JSON_TYPE, 'cache-control': 'public, max-age=3600' },
  publicJson: { ...ANY_ORIGIN, 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
  publicEmpty: { ...ANY_ORIGIN, 'cache-control': 'no-store' },
  adminJson: {
    'content-type': JSON_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  },
  text: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  },
} as const

/** Seconds after which a caller may come back. */
const RETRY_AFTER: Readonly<Record<string, string>> = { 'rate-limited': '2', 'store-full': '30', 'not-ready': '5' }

/** A JSON answer of an admin route. */
export function adminJson(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: HEADERS.adminJson })
}

/** An answer without a body that any origin may read. */
export function publicEmpty(status: 204): Response {
  return new Response(null, { status, headers: HEADERS.publicEmpty })
}

/** An error as `{error: WireError}` with the status of the contract's table. */
export function errorAnswer(error: RecError, audience: 'public' | 'admin'): Response {
  const headers: Record<string, string> = { ...(audience === 'public' ? HEADERS.publicJson : HEADERS.adminJson) }
  const retryAfter = RETRY_AFTER[error.code]
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter
  if (error.detail.isCut === true) headers.connection = 'close' // the rest of the body was not read, nothing else can follow
  if (error.code === 'unauthorised') headers['www-authenticate'] = 'Bearer'
  return new Response(JSON.stringify({ error: error.toWire() }), { status: ERROR_CODES[error.code].status, headers })
}

/** Answer to a preflight: any origin may use the public methods of this address. */
export function preflight(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'content-type, range, if-none-match',
      'access-control-max-age': '86400',
    },
  })
}
