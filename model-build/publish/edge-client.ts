import { setTimeout as delay } from 'node:timers/promises'
import { errorFromWire, RecError } from '#contract/errors'
import type { WireEvent } from '#contract/events'
import { parseSignedPointer, type SignedPointer, type StepName } from '#contract/pointer'

/** Where the admin routes of one site are. */
export type EdgeTarget = {
  /** Address of the edge, without `/v1`. */
  readonly url: string
  readonly site: string
  readonly token: string
}

/** What the client needs from its surroundings. */
export type EdgeClientDeps = {
  readonly fetch: typeof fetch
  /** Waits between tries. */
  readonly wait: (ms: number) => Promise<void>
  /** Ends every call. */
  readonly signal: AbortSignal
}

/** A publication as the edge takes it. */
export type PublicationBody = {
  readonly channel: string
  readonly publication: number
  readonly objects: readonly string[]
  readonly pointers: Partial<Record<StepName, SignedPointer>>
  readonly activate: StepName
}

/** Where a channel stands. */
export type ChannelPlace = {
  readonly channel: string
  readonly publication: number
  readonly live: StepName
  readonly sequence: number
}
export type ChannelChange = ChannelPlace & { readonly status: 'changed' | 'unchanged' }
export type ListedChannel = ChannelPlace & { readonly steps: readonly StepName[] }
export type ListedRelease = {
  readonly channel: string
  readonly publication: number
  readonly at: string
  readonly manifest: string
  readonly objects: number
  readonly steps: readonly StepName[]
}
export type EventPage = {
  readonly events: readonly { readonly seq: number; readonly event: WireEvent }[]
  readonly cursor: number
  readonly isEnd: boolean
}
/** One sum of reports, as `GET …/sums` gives it. */
export type StoredSum = {
  /** SHA-256 of the plan, lower-case hex. */
  readonly plan: string
  readonly epoch: number
  readonly qid: number
  /** 0…15. */
  readonly stripe: number
  /** Reports in it, at least 20. */
  readonly count: number
  readonly sum: readonly number[]
}

/** Milliseconds before the second, third and fourth try; a longer `Retry-After` wins, up to MAX_RETRY_AFTER_MS. */
const RETRY_MS = [200, 800, 2_500] as const
const MAX_RETRY_AFTER_MS = 30_000

/** One request, upload of 64 MB included. */
const REQUEST_MS = 120_000

/** Clock and network of this process. */
export function systemDeps(signal: AbortSignal): EdgeClientDeps {
  return { fetch: globalThis.fetch, wait: (ms) => delay(ms, undefined, { signal }), signal }
}

/**
 * The admin routes of one site. Every call may be repeated without harm, so each is tried again after 429, 5xx and network faults.
 * All methods throw the edge's own RecError; `edge-unreachable` when nobody answers, `edge-misconfigured` when what answers is no edge.
 */
export class EdgeClient {
  readonly site: string
  readonly url: string
  readonly #base: string
  readonly #token: string
  readonly #deps: EdgeClientDeps

  constructor(target: EdgeTarget, deps: EdgeClientDeps) {
    if (!URL.canParse(target.url) || !/^https?:$/.test(new URL(target.url).protocol))
      throw new RecError('bad-request', '--edge must be an http(s) address')
    this.url = target.url.replace(/\/+$/, '')
    this.site = target.site
    this.#base = `${this.url}/v1/sites/${target.site}`
    this.#token = target.token
    this.#deps = deps
  }

  /** The pointer that visitors get now, or null before the first publication. */
  async livePointer(channel: string): Promise<SignedPointer | null> {
    try {
      return parseSignedPointer(await this.#json('GET', `/channels/${channel}`))
    } catch (error) {
      if (error instanceof RecError && error.code === 'release-missing') return null
      throw error
    }
  }

  /** Which of these objects the edge does not hold. */
  async missing(hashes: readonly string[]): Promise<readonly string[]> {
    const answer = (await this.#json('POST', '/objects/missing', { hashes })) as { missing: string[] } // what the edge promises
    return answer.missing
  }

  async putObject(hash: string, bytes: Uint8Array): Promise<void> {
    await this.#send('PUT', `/objects/${hash}`, new Uint8Array(bytes))
  }

  /** The bytes of an object. @throws RecError `object-missing` */
  async getObject(hash: string): Promise<Uint8Array> {
    const response = await this.#send('GET', `/objects/${hash}`)
    return new Uint8Array(await response.arrayBuffer())
  }

  async publish(body: PublicationBody): Promise<ChannelChange> {
    return (await this.#json('POST', '/publications', body)) as ChannelChange // what the edge promises
  }

  async step(channel: string, step: StepName): Promise<ChannelChange> {
    return (await this.#json('POST', `/channels/${channel}/step`, { step })) as ChannelChange // what the edge promises
  }

  async channels(): Promise<readonly ListedChannel[]> {
    return ((await this.#json('GET', '/channels')) as { channels: ListedChannel[] }).channels // what the edge promises
  }

  /** Newest first, of all channels. */
  async releases(): Promise<readonly ListedRelease[]> {
    return ((await this.#json('GET', '/releases')) as { releases: ListedRelease[] }).releases // what the edge promises
  }

  /** One page of the first-party events after a cursor (0 from the start). */
  async events(cursor: number): Promise<EventPage> {
    return (await this.#json('GET', `/events?cursor=${cursor}`)) as EventPage // what the edge promises
  }

  /** Every stored sum of reports. */
  async sums(): Promise<readonly StoredSum[]> {
    return ((await this.#json('GET', '/sums')) as { sums: StoredSum[] }).sums // what the edge promises
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#send(method, path, body === undefined ? undefined : JSON.stringify(body))
    try {
      return await response.json()
    } catch (cause) {
      throw notAnEdge(response.status, cause)
    }
  }

  async #send(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    for (let tries = 0; ; tries++) {
      const waitMs = RETRY_MS[tries]
      const outcome = await this.#try(method, path, body)
      if (outcome instanceof Response && outcome.ok) return outcome
      const error = outcome instanceof Response ? await errorOf(outcome) : outcome
      const mayRepeat = !(outcome instanceof Response) || outcome.status === 429 || outcome.status >= 500
      if (!mayRepeat || waitMs === undefined) throw error
      await this.#deps.wait(Math.max(waitMs, outcome instanceof Response ? retryAfterMs(outcome) : 0))
    }
  }

  async #try(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Response | RecError> {
    const { signal, fetch } = this.#deps
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` }
    if (typeof body === 'string') headers['content-type'] = 'application/json'
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
        redirect: 'error',
        ...(body === undefined ? {} : { body }),
      })
    } catch (cause) {
      signal.throwIfAborted()
      return new RecError('edge-unreachable', `${this.url} did not answer`, {}, { cause })
    }
  }
}

async function errorOf(response: Response): Promise<RecError> {
  try {
    const value: unknown = await response.json()
    if (typeof value === 'object' && value !== null && 'error' in value) return errorFromWire(value.error)
  } catch {
    // Not JSON: a proxy or another server, as is said below.
  }
  return notAnEdge(response.status)
}

function notAnEdge(status: number, cause?: unknown): RecError {
  return new RecError('edge-misconfigured', 'what answered does not speak as an edge does', { status }, { cause })
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0
}
