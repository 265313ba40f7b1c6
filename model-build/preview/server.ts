import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { RecError, toRecError } from '#contract/errors'
import { configSchema } from '../config/schema.ts'
import type { SiteRules } from '../release/site-rules.ts'
import type { Desk } from './desk.ts'
import { previewPage } from './preview-page.ts'

export type PreviewParts = {
  readonly desks: readonly Desk[]
  /** Pins and boosts of the configuration. */
  readonly rules: SiteRules
  /** Writes rules to the configuration and answers its name. */
  readonly save: (rules: SiteRules) => Promise<string>
}

/** Largest body. Bytes. */
const MAX_BODY = 262_144

const rules = configSchema.shape.rules
const question = z.strictObject({ history: z.array(z.string()).max(200), count: z.int().min(1).max(50), rules })
const whyRequest = question.extend({ id: z.string().min(1) })

/**
 * The page and what it asks, as JSON: `POST /lists`, `/why`, `/save` and `GET /find?text=`. Only for this machine: requests under another name, or
 * from another page, are refused.
 */
export function createPreviewServer(parts: PreviewParts): Server {
  return createServer((request, response) => {
    handle(parts, request, response).catch((thrown: unknown) => {
      const error =
        thrown instanceof z.ZodError
          ? new RecError('bad-request', thrown.issues[0]?.message ?? 'not valid')
          : toRecError(thrown)
      send(response, error.code === 'internal' ? 500 : 400, { error: error.toWire() })
    })
  })
}

async function handle(parts: PreviewParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  if (!isFromHere(request, url)) throw new RecError('forbidden', 'the preview answers its own page only')
  const route = `${request.method} ${url.pathname}`
  if (route === 'GET /') {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    }
    response.writeHead(200, headers).end(previewPage(parts))
  } else if (route === 'GET /find') send(response, 200, find(parts, url.searchParams.get('text') ?? ''))
  else if (route === 'POST /lists') {
    const asked = question.parse(await readJson(request))
    send(response, 200, await Promise.all(parts.desks.map((desk) => desk.list(asked))))
  } else if (route === 'POST /why') {
    const { id, ...asked } = whyRequest.parse(await readJson(request))
    send(response, 200, await Promise.all(parts.desks.map((desk) => desk.why(asked, id))))
  } else if (route === 'POST /save')
    send(response, 200, { file: await parts.save(rules.parse(await readJson(request))) })
  else send(response, 404, {})
}

/** A page of another site can make a browser send us something, but not as JSON and not under our name. */
function isFromHere({ headers, method }: IncomingMessage, url: URL): boolean {
  if (!/^(?:localhost|127[.]0[.]0[.]1|\[::1\])$/.test(url.hostname)) return false
  if (headers.origin !== undefined && headers.origin !== url.origin) return false
  return method !== 'POST' || headers['content-type'] === 'application/json'
}

function find({ desks }: PreviewParts, text: string) {
  const found = desks.flatMap((desk) => desk.find(text, 8))
  return [...new Map(found.map(({ id, title }) => [id, { id, title }])).values()].slice(0, 8)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > MAX_BODY) throw new RecError('too-large', 'the request is too large')
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (cause) {
    throw new RecError('bad-request', 'the request is not JSON', {}, { cause })
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  response.end(JSON.stringify(value))
}
