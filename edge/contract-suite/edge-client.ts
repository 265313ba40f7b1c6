import type { WireEvent } from '#contract/events'
import { hashOf, PUBLISH_TOKEN, READ_TOKEN, type TestPublication } from './test-site.ts'

const HOUR_MS = 3_600_000

/** Status, headers and parsed body of an answer. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly json: unknown }

/** One entry of `GET …/sums`. */
export type PulledSum = {
  readonly plan: string
  readonly epoch: number
  readonly qid: number
  readonly stripe: number
  readonly count: number
  readonly sum: readonly number[]
}

/** Talks to one site of an edge as visitors, publishers and builds do. */
export class EdgeClient {
  readonly #base: string

  constructor(url: string, site: string) {
    this.#base = `${url}/v1/sites/${site}`
  }

  /** Any request; `path` starts with `/`. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#base}${path}`, init)
  }

  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.fetch(path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, json: text === '' ? null : JSON.parse(text) }
  }

  admin(method: string, path: string, body?: unknown, token = PUBLISH_TOKEN): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` }
    return this.send(path, body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) })
  }

  upload(hash: string, body: BodyInit): Promise<Answer> {
    return this.send(`/objects/${hash}`, { method: 'PUT', headers: { authorization: `Bearer ${PUBLISH_TOKEN}` }, body })
  }

  /** Uploads the objects of a publication. */
  async uploadAll(publication: TestPublication): Promise<void> {
    for (const body of publication.bodies) await this.upload(await hashOf(body), body)
  }

  /** Uploads and publishes. */
  async publish(publication: TestPublication): Promise<Answer> {
    await this.uploadAll(publication)
    return this.admin('POST', '/publications', publication.body)
  }

  step(step: string, channel = 'main'): Promise<Answer> {
    return this.admin('POST', `/channels/${channel}/step`, { step })
  }

  /** Sends events as a page does. */
  events(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.send('/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    })
  }

  /** Sends a report as a device does, from an address that the edge believes. */
  report(body: Uint8Array<ArrayBuffer>, address: string, headers: Record<string, string> = {}): Promise<Answer> {
    const from = { 'x-forwarded-for': address, 'cf-connecting-ip': address }
    return this.send('/r', { method: 'POST', headers: { ...from, ...headers }, body })
  }

  async sums(): Promise<readonly PulledSum[]> {
    return ((await this.admin('GET', '/sums', undefined, READ_TOKEN)).json as { sums: PulledSum[] }).sums // what the edge promises
  }

  export(cursor = 0, limit = 1000): Promise<Answer> {
    return this.admin('GET', `/events?cursor=${cursor}&limit=${limit}`, undefined, READ_TOKEN)
  }

  /** Every event of the site, page by page. */
  async exportAll(): Promise<readonly { seq: number; batch: string; event: WireEvent }[]> {
    const all: { seq: number; batch: string; event: WireEvent }[] = []
    for (let cursor = 0; ; ) {
      const page = (await this.export(cursor)).json as { events: typeof all; cursor: number; isEnd: boolean } // what the edge promises
      all.push(...page.events)
      if (page.isEnd) return all
      cursor = page.cursor
    }
  }
}

/** A valid event of this hour. */
export function testEvent(index: number, pseudonym = 'pseudonym-000000000000'): WireEvent {
  return {
    v: 1,
    type: 'click',
    item: `item-${index}`,
    position: index % 20,
    at: Math.floor(Date.now() / HOUR_MS) * HOUR_MS,
    pseudonym,
  }
}

/** A valid batch. */
export function testBatch(
  batch: string,
  count: number,
  pseudonym?: string,
): { v: 1; batch: string; events: WireEvent[] } {
  return { v: 1, batch, events: Array.from({ length: count }, (_, i) => testEvent(i, pseudonym)) }
}
