import { errorFromWire, RecError } from '#contract/errors'
import { LIMITS } from '#contract/limits'
import { parseSignedPointer, type SignedPointer } from '#contract/pointer'
import type { EngineDeps } from '../deps.ts'
import { sha256Hex } from './verify.ts'

const POINTER_DEADLINE_MS = 10_000
const OBJECT_DEADLINE_MS = 45_000
const REPORT_DEADLINE_MS = 20_000

/** An object that arrives at this rate or faster may take as long as it needs. */
const LEAST_BYTES_PER_MS = 8

/** No request of ours says who asks or from where. */
const ANONYMOUS = { mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer' } as const satisfies RequestInit

/** The edge as a device sees it: reads are verified, failures carry codes. */
export interface EdgeClient {
  /** @throws RecError `edge-unreachable`, `edge-misconfigured`, `release-missing`, `pointer-malformed`, `rate-limited` */
  pointer(channel: string): Promise<SignedPointer>
  /** The bytes of that hash, new memory. @throws RecError as above, `object-missing`, `hash-mismatch` */
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
        const response = await ask(deps, `${base}/objects/${hash}`, { signal })
        if (!response.ok) throw await refusal(response, 'object-missing')
        const bytes = await readLimited(response, limitBytes, arrived)
        if ((await sha256Hex(deps.subtle, bytes)) === hash) return bytes
        throw new RecError('hash-mismatch', 'an object differs from its name', { sizeBytes: bytes.length })
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

async function refusal(response: Response, missing: 'release-missing' | 'object-missing'): Promise<RecError> {
  const { status } = response
  const body: unknown = await response.json().catch(() => null) // HTML and the like
  const known = errorFromWire((body as { error?: unknown } | null)?.error) // the edge answers { error: WireError }; anything else is `internal`
  if (known.code !== 'internal') return known
  if (status === 429) return new RecError('rate-limited', 'the edge asks to wait', { status })
  if (status >= 500) return new RecError('edge-unreachable', 'the edge failed', { status })
  if (status === 404 && missing === 'object-missing')
    return new RecError(missing, 'the edge lacks an object', { status })
  return new RecError('edge-misconfigured', 'what answers there is not an edge', { status })
}

/** Reads a body and stops beyond a limit, so that a wrong server cannot fill the memory. */
async function readLimited(
  response: Response,
  limitBytes: number,
  arrived: (bytes: number) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      length += value.length
      arrived(value.length)
      if (length > limitBytes) break
    }
  } catch (cause) {
    throw new RecError('edge-unreachable', 'the answer broke off', { sizeBytes: length }, { cause })
  }
  if (length > limitBytes) {
    await reader.cancel().catch(() => undefined) // the answer is refused either way
    throw new RecError('hash-mismatch', 'an answer is larger than it may be', { sizeBytes: length, limitBytes })
  }
  return join(parts, length)
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Settles within the deadline, whatever the network does. Bytes that arrived meanwhile put it off by the time they may take, so that only what stalls or drips is given up. */
async function withDeadline<T>(
  deps: Pick<EngineDeps, 'after'>,
  deadlineMs: number,
  run: (signal: AbortSignal, arrived: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  let cancel: () => void = () => undefined
  let earnedMs = 0
  const late = new Promise<never>((_resolve, reject) => {
    const wait = (ms: number): void => {
      earnedMs = 0
      cancel = deps.after(ms, () => {
        if (earnedMs >= 1) return wait(earnedMs)
        reject(new RecError('edge-unreachable', 'the edge did not answer in time', { deadlineMs }))
        abort.abort()
      })
    }
    wait(deadlineMs)
  })
  const arrived = (bytes: number): void => {
    earnedMs += bytes / LEAST_BYTES_PER_MS
  }
  try {
    return await Promise.race([run(abort.signal, arrived), late])
  } finally {
    cancel()
  }
}
