import { isHash } from '#contract/limits'
import { HEADERS } from '../core/answers.ts'
import { chooseEncoding, matchesTag } from '../core/negotiate.ts'
import { objectHeaders, objectTag } from '../core/object-routes.ts'
import type { Clock, Metrics } from '../core/ports.ts'
import { pointerKey } from '../core/releases.ts'
import { pointerParts } from '../core/visitor-routes.ts'
import type { BlobFiles } from './blob-files.ts'
import type { SimpleGet } from './simple-get.ts'
import type { StateDatabase } from './state-database.ts'

/** Smaller answers are kept whole, so that one write sends them. */
const WHOLE_BYTES = 32 * 1024
const KNOWN_HEADS = 2_000

type Built = { readonly second: number; readonly head: Buffer; readonly whole: Buffer | undefined }
type Plan = {
  readonly key: string
  readonly status: '200 OK' | '304 Not Modified'
  readonly headers: () => Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** What to write to the socket, in order. */
export type HotAnswer = { readonly head: Buffer; readonly body: Uint8Array | undefined }

type Parts = {
  readonly blobs: BlobFiles
  readonly state: StateDatabase
  readonly metrics: Metrics
  readonly clock: Clock
  readonly keepAliveSeconds: number
}

/**
 * Answers from memory what the routes would answer, byte for byte but for the order of headers: objects in the cache and channel pointers. The
 * head is made once a second per answer, since only its date changes.
 */
export class HotAnswers {
  readonly #parts: Parts
  readonly #built = new Map<string, Built>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @returns undefined when it is not in memory or does not exist: the routes know what to say. */
  answer(get: SimpleGet): HotAnswer | undefined {
    const { metrics, clock } = this.#parts
    const start = clock.seconds()
    const plan = get.kind === 'objects' ? this.#object(get) : this.#pointer(get)
    if (plan === undefined) return undefined
    const { head, whole } = this.#build(plan)
    metrics.request(
      get.kind === 'objects' ? 'object' : 'pointer',
      plan.body === undefined ? 304 : 200,
      clock.seconds() - start,
    )
    if (plan.body !== undefined) metrics.add('served_bytes', plan.body.length)
    return whole === undefined ? { head, body: plan.body } : { head: whole, body: undefined }
  }

  #object({ site, name: hash, acceptEncoding, ifNoneMatch }: SimpleGet): Plan | undefined {
    const { blobs } = this.#parts
    const stat = isHash(hash) ? blobs.statInMemory(site, hash) : undefined
    if (stat === undefined) return undefined
    const encoding = chooseEncoding(acceptEncoding, stat)
    const etag = objectTag(hash, encoding)
    if (matchesTag(ifNoneMatch, etag)) return known(`${site} ${etag}`, () => ({ ...HEADERS.object, etag }))
    const body = blobs.readInMemory(site, hash, encoding)
    if (body === undefined) return undefined
    const headers = () => objectHeaders(hash, encoding, stat)
    return { key: `${site} ${etag}`, status: '200 OK', headers, body }
  }

  #pointer({ site, name, ifNoneMatch }: SimpleGet): Plan | undefined {
    const entry = this.#parts.state.getInMemory(site, pointerKey(name))
    if (entry === undefined) return undefined
    const { etag, headers, bytes } = pointerParts(entry)
    const key = `${site} ${name} ${etag}`
    if (matchesTag(ifNoneMatch, etag)) return known(key, () => headers)
    const sized = () => ({ ...headers, 'content-length': String(bytes.length) })
    return { key, status: '200 OK', headers: sized, body: bytes }
  }

  #build({ key, status, headers, body }: Plan): Built {
    const now = this.#parts.clock.now()
    const second = Math.floor(now / 1000)
    const before = this.#built.get(key)
    if (before?.second === second) return before
    const lines = Object.entries(headers()).map(([name, value]) => `${name}: ${value}\r\n`)
    const date = `date: ${new Date(now).toUTCString()}\r\n`
    const connection = `connection: keep-alive\r\nkeep-alive: timeout=${this.#parts.keepAliveSeconds}\r\n`
    const head = Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}${date}${connection}\r\n`, 'latin1')
    const isWhole = body === undefined || body.length <= WHOLE_BYTES
    const built = { second, head, whole: isWhole ? Buffer.concat([head, body ?? new Uint8Array(0)]) : undefined }
    this.#built.delete(key)
    this.#built.set(key, built)
    for (const oldest of this.#built.keys()) {
      if (this.#built.size <= KNOWN_HEADS) break
      this.#built.delete(oldest)
    }
    return built
  }
}

function known(key: string, headers: Plan['headers']): Plan {
  return { key: `${key} 304`, status: '304 Not Modified', headers, body: undefined }
}
