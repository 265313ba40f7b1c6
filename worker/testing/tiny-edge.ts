import type { SignedPointer } from '#contract/pointer'
import type { TinyRelease } from './tiny-release.ts'

export type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly init: RequestInit
}

/** What answers a request instead of the edge. */
export type Intercept = (request: SeenRequest) => Response | undefined

/** An edge in memory, at `https://edge.test`, that can fail on demand. */
export class TinyEdge {
  readonly requests: SeenRequest[] = []
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>()
  /** Engine files by URL. */
  readonly assets = new Map<string, Uint8Array<ArrayBuffer>>()
  pointer: SignedPointer | null = null
  isOnline = true
  intercept: Intercept = () => undefined
  /** Batches stored by id. */
  readonly batches = new Map<string, unknown>()

  /** Publishes a release under a signed pointer. */
  publish(release: TinyRelease, pointer: SignedPointer): void {
    for (const [hash, bytes] of release.objects) this.objects.set(hash, bytes)
    this.pointer = pointer
  }

  /** Paths asked for so far, by kind. */
  count(part: string): number {
    return this.requests.filter(({ path }) => path.includes(part)).length
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const asset = this.assets.get(url)
    if (asset !== undefined) return new Response(asset) // a built file, not the edge's
    const path = url.replace('https://edge.test/v1/sites/shop/', '')
    const request = { method: init.method ?? 'GET', path, body: String(init.body ?? ''), init }
    this.requests.push(request)
    if (!this.isOnline) throw new TypeError('Failed to fetch')
    return this.intercept(request) ?? this.#answer(request)
  }

  #answer({ method, path, body }: SeenRequest): Response {
    if (path.startsWith('channels/'))
      return this.pointer === null ? refuse(404, 'release-missing') : Response.json(this.pointer)
    if (path.startsWith('objects/')) {
      const bytes = this.objects.get(path.slice('objects/'.length))
      return bytes === undefined ? refuse(404, 'object-missing') : new Response(bytes)
    }
    if (path === 'events' && method === 'POST') {
      const batch = JSON.parse(body) as { batch: string; events: unknown[] } // the outbox wrote it
      const status = this.batches.has(batch.batch) ? 'duplicate' : 'stored'
      this.batches.set(batch.batch, batch)
      return Response.json({ v: 1, batch: batch.batch, status, accepted: batch.events.length, refused: [] })
    }
    if (path.startsWith('pseudonyms/') && method === 'DELETE') return new Response(null, { status: 204 })
    return new Response('<html>not here</html>', { status: 404, headers: { 'content-type': 'text/html' } })
  }
}

function refuse(status: number, code: string): Response {
  return Response.json({ error: { v: 1, code, message: code, detail: {} } }, { status })
}
