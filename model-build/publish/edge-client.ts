import { setTimeout as delay } from 'node:timers/promises'
import createClient, { type Client } from 'openapi-fetch'
import { errorFromWire, RecError } from '#contract/errors'
import { parseSignedPointer, type SignedPointer, type StepName } from '#contract/pointer'
import type { components, operations, paths } from './edge-api.ts'

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

type Schemas = components['schemas']

/** A publication as the edge takes it. */
export type PublicationBody = Omit<Schemas['Publication'], 'objects'> & { readonly objects: readonly string[] }
export type ChannelChange = Result<'publish'>
export type ListedChannel = Result<'channels'>['channels'][number]
export type ListedRelease = Schemas['Release']
export type EventPage = Result<'export'>
export type StoredSum = Schemas['Sum']
export type Backup = Schemas['Backup']
export type AuditPage = Result<'audit'>

/** What an operation answers with 200. */
type Result<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

/** What may be said with a move: the publication that is meant, so that a newer one is not moved by mistake, and a reason for the audit log. */
export type MoveOptions = Pick<Schemas['Step'], 'publication' | 'reason'>

type Outcome<Body> = { readonly data?: Body; readonly error?: unknown; readonly response: Response }

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
 * The admin routes of one site, typed by the edge's OpenAPI document. Every call may be repeated without harm, so each is tried again after
 * 429, 5xx and network faults. All methods throw the edge's own RecError; `edge-unreachable` when nobody answers, `edge-misconfigured` when
 * what answers is no edge.
 */
export class EdgeClient {
  readonly site: string
  readonly url: string
  readonly #api: Client<paths>
  readonly #deps: EdgeClientDeps

  constructor(target: EdgeTarget, deps: EdgeClientDeps) {
    if (!URL.canParse(target.url) || !/^https?:$/.test(new URL(target.url).protocol))
      throw new RecError('bad-request', '--edge must be an http(s) address')
    this.url = target.url.replace(/\/+$/, '')
    this.site = target.site
    this.#deps = deps
    this.#api = createClient<paths>({
      baseUrl: this.url,
      headers: { authorization: `Bearer ${target.token}` },
      redirect: 'error',
      fetch: (request) => this.#fetch(request),
    })
  }

  /** The pointer that visitors get now, or null before the first publication. */
  async livePointer(channel: string): Promise<SignedPointer | null> {
    try {
      const params = { path: { site: this.site, name: channel } }
      return parseSignedPointer(await this.#call(() => this.#api.GET('/v1/sites/{site}/channels/{name}', { params })))
    } catch (error) {
      if (error instanceof RecError && error.code === 'release-missing') return null
      throw error
    }
  }

  /** Which of these objects the edge does not hold. */
  async missing(hashes: readonly string[]): Promise<readonly string[]> {
    const init = { params: this.#ofSite, body: { hashes: [...hashes] } }
    return (await this.#call(() => this.#api.POST('/v1/sites/{site}/objects/missing', init))).missing
  }

  async putObject(hash: string, bytes: Uint8Array): Promise<void> {
    const init = {
      params: { path: { site: this.site, sha256: hash } },
      headers: { 'content-type': 'application/octet-stream' },
      body: '', // the document's type of bytes; what is sent is:
      bodySerializer: () => new Uint8Array(bytes),
    }
    await this.#call(() => this.#api.PUT('/v1/sites/{site}/objects/{sha256}', init))
  }

  /** The bytes of an object. @throws RecError `object-missing` */
  async getObject(hash: string): Promise<Uint8Array> {
    const init = { params: { path: { site: this.site, sha256: hash } }, parseAs: 'arrayBuffer' } as const
    return new Uint8Array(await this.#call(() => this.#api.GET('/v1/sites/{site}/objects/{sha256}', init)))
  }

  async publish(body: PublicationBody): Promise<ChannelChange> {
    const init = { params: this.#ofSite, body: { ...body, objects: [...body.objects] } }
    return this.#call(() => this.#api.POST('/v1/sites/{site}/publications', init))
  }

  async step(channel: string, step: StepName, options: MoveOptions = {}): Promise<ChannelChange> {
    const init = { params: { path: { site: this.site, name: channel } }, body: { step, ...options } }
    return this.#call(() => this.#api.POST('/v1/sites/{site}/channels/{name}/step', init))
  }

  async channels(): Promise<readonly ListedChannel[]> {
    return (await this.#call(() => this.#api.GET('/v1/sites/{site}/channels', { params: this.#ofSite }))).channels
  }

  /** Newest first, of all channels. */
  async releases(): Promise<readonly ListedRelease[]> {
    return (await this.#call(() => this.#api.GET('/v1/sites/{site}/releases', { params: this.#ofSite }))).releases
  }

  /** One page of the log of changes after a cursor (0 from the start), oldest first. */
  async audit(cursor: number): Promise<AuditPage> {
    const params = { ...this.#ofSite, query: { cursor } }
    return this.#call(() => this.#api.GET('/v1/sites/{site}/audit', { params }))
  }

  /** Deletes objects that no kept release needs. */
  async collect(): Promise<Result<'gc'>> {
    return this.#call(() => this.#api.POST('/v1/sites/{site}/gc', { params: this.#ofSite }))
  }

  /** What the site needs to go on elsewhere, besides the objects that its publications name. */
  async backup(): Promise<Backup> {
    return this.#call(() => this.#api.GET('/v1/sites/{site}/backup', { params: this.#ofSite }))
  }

  /** Puts a backup into a site without channels; its objects must be there. */
  async restore({ v, publications }: Backup): Promise<{ readonly channels: number; readonly publications: number }> {
    const init = { params: this.#ofSite, body: { v, publications } }
    return this.#call(() => this.#api.PUT('/v1/sites/{site}/backup', init))
  }

  /** One page of the first-party events after a cursor (0 from the start). */
  async events(cursor: number): Promise<EventPage> {
    const params = { ...this.#ofSite, query: { cursor } }
    return this.#call(() => this.#api.GET('/v1/sites/{site}/events', { params }))
  }

  /** Every stored sum of reports. */
  async sums(): Promise<readonly StoredSum[]> {
    return (await this.#call(() => this.#api.GET('/v1/sites/{site}/sums', { params: this.#ofSite }))).sums
  }

  get #ofSite() {
    return { path: { site: this.site } }
  }

  async #call<Body>(ask: () => Promise<Outcome<Body>>): Promise<Body> {
    for (let tries = 0; ; tries++) {
      const waitMs = RETRY_MS[tries]
      const outcome = await this.#try(ask)
      if (!(outcome instanceof RecError) && outcome.response.ok) return outcome.data as Body // a success carries what the document says
      const response = outcome instanceof RecError ? undefined : outcome.response
      const error = outcome instanceof RecError ? outcome : errorOf(outcome)
      const mayRepeat = error.code === 'edge-unreachable' || response?.status === 429 || (response?.status ?? 0) >= 500
      if (!mayRepeat || waitMs === undefined) throw error
      await this.#deps.wait(Math.max(waitMs, response === undefined ? 0 : retryAfterMs(response)))
    }
  }

  async #try<Body>(ask: () => Promise<Outcome<Body>>): Promise<Outcome<Body> | RecError> {
    try {
      return await ask()
    } catch (thrown) {
      this.#deps.signal.throwIfAborted()
      // Only a success is parsed without a catch of its own.
      return thrown instanceof RecError ? thrown : notAnEdge(200, thrown)
    }
  }

  async #fetch(request: Request): Promise<Response> {
    const signal = AbortSignal.any([this.#deps.signal, AbortSignal.timeout(REQUEST_MS)])
    try {
      return await this.#deps.fetch(request, { signal })
    } catch (cause) {
      throw new RecError('edge-unreachable', `${this.url} did not answer`, {}, { cause })
    }
  }
}

function errorOf({ error, response }: Outcome<unknown>): RecError {
  if (typeof error === 'object' && error !== null && 'error' in error) return errorFromWire(error.error)
  return notAnEdge(response.status)
}

function notAnEdge(status: number, cause?: unknown): RecError {
  return new RecError('edge-misconfigured', 'what answered does not speak as an edge does', { status }, { cause })
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0
}
