import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http'

/** One request as it arrived on the wire. */
export type Sent = {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Buffer
}

/** An answer on its way to the browser. */
export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Sends one byte each so many milliseconds; all at once where absent. */
  readonly byteEveryMs?: number
}

/** Puts something else in the place of an answer, now or later; null breaks the connection half-way through. */
export type Tamper = (path: string, answer: Answer) => Answer | null | Promise<Answer | null>

/** A wire between browsers and an edge that notes everything and may spoil it. */
export type Wire = {
  readonly url: string
  readonly sent: readonly Sent[]
  /** The rule in force; undefined passes everything on. */
  tamper: Tamper | undefined
  /** While true nobody answers. */
  isCut: boolean
  readonly close: () => Promise<void>
}

/** Lays a wire to the edge at `target`. Objects and pointers travel uncompressed, so that a rule sees their bytes. */
export async function layWire(target: string): Promise<Wire> {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    const body = await wholeBody(request)
    const { method = 'GET', url: path = '/', headers } = request
    sent.push({ method, path, headers, body: body.toString('utf8'), bytes: body })
    if (wire.isCut) {
      response.destroy()
      return
    }
    const answer = await forward(`${target}${path}`, { method, headers: plain(path, headers), body }).catch(() => null)
    if (answer === null) {
      response.destroy() // the edge ended while a browser still asked
      return
    }
    const changed = wire.tamper === undefined ? answer : await wire.tamper(path, answer)
    if (wire.isCut && changed !== null) {
      response.destroy()
      return
    }
    const { status, headers: fields, body: bytes, byteEveryMs } = changed ?? answer
    const { 'transfer-encoding': _chunked, 'content-length': _length, ...rest } = fields
    response.writeHead(status, { ...rest, 'content-length': bytes.length })
    if (byteEveryMs !== undefined) drip(response, bytes, byteEveryMs)
    else if (changed !== null) response.end(bytes)
    else response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the wire has no port')
  const wire: Wire = {
    url: `http://127.0.0.1:${address.port}`,
    sent,
    tamper: undefined,
    isCut: false,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return wire
}

function drip(response: ServerResponse, bytes: Buffer, everyMs: number): void {
  let sent = 0
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, ++sent))
    if (sent === bytes.length) response.end()
  }, everyMs)
  response.once('close', () => clearInterval(timer))
}

function plain(path: string, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (!path.startsWith('/v1/')) return headers
  return { ...headers, 'accept-encoding': 'identity' }
}

type Forwarded = { readonly method: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

function forward(url: string, { method, headers, body }: Forwarded): Promise<Answer> {
  return new Promise((settle, fail) => {
    const passed = send(url, { method, headers }, (answer) => {
      wholeBody(answer).then((bytes) => {
        settle({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes })
      }, fail)
    })
    passed.once('error', fail)
    passed.end(body)
  })
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of message) parts.push(part)
  return Buffer.concat(parts)
}
