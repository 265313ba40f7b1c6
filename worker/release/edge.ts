import { errorFromWire, RecError, toRecError } from '#contract/errors'
import { LIMITS } from '#contract/limits'
import { parseSignedPointer, type SignedPointer } from '#contract/pointer'
import type { EngineDeps } from '../deps.ts'
import { readLimited, withDeadline } from './download.ts'
import { sha256Hex } from './verify.ts'

const POINTER_DEADLINE_MS = 10_000
const OBJECT_DEADLINE_MS = 45_000
const REPORT_DEADLINE_MS = 20_000

/** No request of ours says who asks or from where. */
const ANONYMOUS = { mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' } as const satisfies RequestInit

/** The edge as a device sees it: reads are verified, failures carry codes. */
export interface EdgeClient {
  /** @throws RecError `edge-unreachable`, `edge-misconfigured`, `release-missing`, `pointer-malformed`, `rate-limited` */
  pointer(channel: string): Promise<SignedPointer>
  /** The bytes of that hash, new memory; asked for past the browser's cache when they are damaged. @throws RecError as above, `object-missing`, `hash-mismatch` */
  object(hash: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** Sends JSON text and gives the status and parsed answer (null where it is not JSON). @throws RecError `edge-unreachable` */
  send(method: 'POST' | 'DELETE', path: string, body?: string): Promise<SendReply>
}

export type SendReply = { readonly status: number; readonly retryAfterMs: number | null; readonly body: unknown }

type Needs = Pick<EngineDeps, 'fetch' | 'after' | 'subtle'>

/** Wires a client for one edge and site. */
export function createEdgeClient(deps: Needs, edge: string, site: string): EdgeClient {
  const base = `${edge}/v1/sites/${site}`
  return {
    pointer: (channel) =>
      withDeadline(deps, POINTER_DEADLINE_MS, async (signal) => {
        const response = await ask(deps, `${base}/channels/${channel}`, { cache: 'no-cache', signal })
        if (!response.ok) throw await refusal(response, 'release-missing')
        const bytes = await readLimited(response, LIMITS.pointerBytes)
        return parseSignedPointer(parseJson(bytes))
      }),
    object: (hash, limitBytes) =>
      withDeadline(deps, OBJECT_DEADLINE_MS, async (signal, arrived) => {
        const read = async (cache: RequestCache): Promise<Uint8Array<ArrayBuffer>> => {
          const response = await ask(deps, `${base}/objects/${hash}`, { cache, signal })
          if (!response.ok) throw await refusal(response, 'object-missing')
          const bytes = await readLimited(response, limitBytes, arrived)
          if ((await sha256Hex(deps.subtle, bytes)) === hash) return bytes
          throw new RecError('hash-mismatch', 'an object differs from its name', { sizeBytes: bytes.length })
        }
        try {
          return await read('default')
        } catch (thrown) {
          // Objects are cached for ever: a damaged answer would be the browser's for as long.
          if (toRecError(thrown).code === 'hash-mismatch') return read('reload')
          throw thrown
        }
      }),
    send: (method, path, body) =>
      withDeadline(deps, REPORT_DEADLINE_MS, async (signal) => {
        const init = { method, cache: 'no-store', signal, ...(body === undefined ? {} : { body }) } as const
        const response = await ask(deps, `${base}/${path}`, init)
        const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
        return {
          status: response.status,
          retryAfterMs: retryAfter >= 0 ? retryAfter * 1_000 : null,
          body: await response.json().catch(() => null), // an answer without JSON says no more than its status
        }
      }),
  }
}

/** Parses UTF-8 JSON. @throws RecError `edge-misconfigured` when it is something else, such as a page of HTML. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new RecError('edge-misconfigured', 'the edge answered something else than JSON', {}, { cause })
  }
}

async function ask(deps: Needs, url: string, init: RequestInit): Promise<Response> {
  try {
    return await deps.fetch(url, { ...ANONYMOUS, ...init })
  } catch (cause) {
    throw new RecError('edge-unreachable', 'the edge did not answer', {}, { cause })
  }
}

/** What a status says that another try may get past; null for any other. */
export function passingCode(status: number): 'rate-limited' | 'edge-unreachable' | null {
  return status === 429 ? 'rate-limited' : status >= 500 ? 'edge-unreachable' : null
}

async function refusal(response: Response, missing: 'release-missing' | 'object-missing'): Promise<RecError> {
  const { status } = response
  const body: unknown = await response.json().catch(() => null) // HTML and the like
  const known = errorFromWire((body as { error?: unknown } | null)?.error) // the edge answers { error: WireError }; anything else is `internal`
  if (known.code !== 'internal') return known
  const passing = passingCode(status)
  if (passing) return new RecError(passing, status === 429 ? 'the edge asks to wait' : 'the edge failed', { status })
  if (status === 404 && missing === 'object-missing')
    return new RecError(missing, 'the edge lacks an object', { status })
  return new RecError('edge-misconfigured', 'what answers there is not an edge', { status })
}
