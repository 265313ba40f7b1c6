import type { Hono } from 'hono'
import { RecError } from '#contract/errors'
import { HEADERS, preflight } from './answers.ts'
import { chooseEncoding, matchesTag, parseRange } from './negotiate.ts'
import type { BlobStat, EdgeDeps, Encoding } from './ports.ts'
import { hashParam, type Route, siteParam } from './route.ts'

const PATH = '/v1/sites/:site/objects/:sha256'

const TAG_SUFFIX: Readonly<Record<Encoding, string>> = { identity: '', br: '-br', gzip: '-gz' }

/** GET (and HEAD) of immutable objects: negotiated encodings, 304, ranges of identity. */
export function addObjectRoutes(app: Hono, deps: EdgeDeps, route: Route): void {
  const { blobs } = deps
  app.options(PATH, () => preflight('GET, HEAD'))
  app.get(
    PATH,
    route('object', 'public', async (c) => {
      const site = siteParam(c)
      const hash = hashParam(c)
      const header = (name: string) => deps.host.header(c.req.raw, c.env, name)
      const stat = await blobs.stat(site, hash)
      if (stat === undefined) throw missing()
      const ranged = rangeOf(c.req.method, header, { hash, size: stat.sizes.identity })
      if (ranged !== undefined) return sendSlice(deps, { site, hash, size: stat.sizes.identity }, ranged)
      const encoding = chooseEncoding(header('accept-encoding'), stat)
      const etag = objectTag(hash, encoding)
      if (matchesTag(header('if-none-match'), etag))
        return new Response(null, { status: 304, headers: { ...HEADERS.object, etag } })
      const headers = objectHeaders(hash, encoding, stat)
      if (c.req.method === 'HEAD') return new Response(null, { headers })
      const body = await blobs.read(site, hash, encoding)
      if (body === undefined) throw missing()
      deps.metrics.add('served_bytes', stat.sizes[encoding] ?? 0)
      return new Response(body, encoding === 'identity' ? { headers } : { headers, ...deps.host.precompressed })
    }),
  )
}

/** Strong tag of an object in one encoding. */
export function objectTag(hash: string, encoding: Encoding): string {
  return `"${hash}${TAG_SUFFIX[encoding]}"`
}

/** Headers of a whole object in one encoding. */
export function objectHeaders(hash: string, encoding: Encoding, stat: BlobStat): Readonly<Record<string, string>> {
  const size = String(stat.sizes[encoding] ?? 0)
  const headers = { ...HEADERS.object, etag: objectTag(hash, encoding), 'content-length': size }
  return encoding === 'identity' ? headers : { ...headers, 'content-encoding': encoding }
}

function rangeOf(
  method: string,
  header: (name: string) => string | undefined,
  object: { hash: string; size: number },
): ReturnType<typeof parseRange> {
  const range = parseRange(header('range'), object.size)
  if (range === undefined || method === 'HEAD') return undefined
  const condition = header('if-range')
  return condition === undefined || condition === `"${object.hash}"` ? range : undefined
}

async function sendSlice(
  deps: EdgeDeps,
  object: { site: string; hash: string; size: number },
  slice: Exclude<ReturnType<typeof parseRange>, undefined>,
): Promise<Response> {
  const { site, hash, size } = object
  if (slice === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { ...HEADERS.publicEmpty, 'content-range': `bytes */${size}` } })
  }
  const body = await deps.blobs.read(site, hash, 'identity', slice)
  if (body === undefined) throw missing()
  deps.metrics.add('served_bytes', slice.length)
  const headers = {
    ...HEADERS.object,
    etag: `"${hash}"`,
    'content-length': String(slice.length),
    'content-range': `bytes ${slice.start}-${slice.start + slice.length - 1}/${size}`,
  }
  return new Response(body, { status: 206, headers })
}

function missing(): RecError {
  return new RecError('object-missing', 'the edge does not hold this object')
}
