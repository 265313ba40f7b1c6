import { setTimeout as delay } from 'node:timers/promises'
import { RecError } from '#contract/errors'
import { MAX_FEED_BYTES, tooLarge } from './read-text.ts'
import { parseRobots, ROBOT_NAME, type RobotRules } from './robots.ts'

/** Shortest time between the starts of two requests to one site. */
const GAP_MS = 100

/** Longest time one request may take, its body included. */
const DEADLINE_MS = 20_000

/** Largest page; feeds and sitemaps may be MAX_FEED_BYTES. */
const MAX_PAGE_BYTES = 4 * 2 ** 20

const HEADERS = { 'user-agent': `${ROBOT_NAME} (local preview; asks each address once)`, accept: '*/*' }

/** Fetches addresses of other people's sites one after the other, by their `robots.txt`, within limits. */
export class PoliteFetcher {
  readonly #signal: AbortSignal
  readonly #robots = new Map<string, Promise<RobotRules>>()
  #next: Promise<void> = Promise.resolve()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /**
   * The bytes at an address that the user named: no robot rule stands against it.
   * @throws RecError `input-missing` when it does not answer with success, `too-large`.
   */
  async feed(url: URL): Promise<Uint8Array> {
    const response = await this.#get(url)
    if (response instanceof Response && response.ok) return readBody(response, MAX_FEED_BYTES, url.href)
    const what = response instanceof Response ? `answered ${response.status}` : `did not answer (${response.message})`
    throw new RecError('input-missing', `${url.href} ${what}`)
  }

  /** The bytes of a page found on the way; null where it does not answer, is too large, or the site does not want it fetched. */
  async page(url: URL): Promise<Uint8Array | null> {
    if (!(await this.#isWelcome(url))) return null
    const response = await this.#get(url)
    if (!(response instanceof Response) || !response.ok) return null
    return readBody(response, MAX_PAGE_BYTES, url.href).catch(() => null)
  }

  async #isWelcome(url: URL): Promise<boolean> {
    const known = this.#robots.get(url.origin) ?? this.#readRobots(url.origin)
    this.#robots.set(url.origin, known)
    return (await known)(url.pathname + url.search)
  }

  async #readRobots(origin: string): Promise<RobotRules> {
    const response = await this.#get(new URL('/robots.txt', origin))
    if (!(response instanceof Response) || !response.ok) return () => true
    const bytes = await readBody(response, 512_000, origin).catch(() => new Uint8Array())
    return parseRobots(new TextDecoder().decode(bytes))
  }

  /** Answers with the error instead of throwing it; only a request to stop throws. */
  async #get(url: URL): Promise<Response | Error> {
    const turn = this.#next
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#next = promise
    await turn
    void delay(GAP_MS).then(resolve)
    this.#signal.throwIfAborted()
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(DEADLINE_MS)])
    try {
      return await fetch(url, { headers: HEADERS, signal })
    } catch (error) {
      this.#signal.throwIfAborted()
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}

async function readBody(response: Response, limit: number, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    if (size > limit) throw tooLarge(name)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
