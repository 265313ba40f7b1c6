import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient } from '../contract-suite/edge-client.ts'
import { createTestKey, hashOf, makePublication, noise, testSite } from '../contract-suite/test-site.ts'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'
import { parseSimpleGet } from './simple-get.ts'

const SEED = 20261102
const LARGE_BYTES = 3_000_000

let dir: string
let edge: NodeEdge
let manifest: string
let text: string
let large: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edge-hot-'))
  const key = await createTestKey(1)
  edge = await createNodeEdge({ dataDir: dir, sites: [await testSite('shop', [key]), await testSite('other', [key])] })
  const client = new EdgeClient(edge.url, 'shop')
  const publication = await makePublication('shop', key, 1)
  await client.publish(publication)
  ;[manifest = '', , text = ''] = publication.body.objects
  large = await hashOf(noise(LARGE_BYTES, 5))
  await client.upload(large, noise(LARGE_BYTES, 5))
  for (const hash of [manifest, text, large]) {
    for (const encoding of ['identity', 'gzip', 'br'])
      await (await client.fetch(`/objects/${hash}`, { headers: { 'accept-encoding': encoding } })).arrayBuffer()
  }
})
afterAll(async () => {
  await edge.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Writes parts one after another, each when the one before was read, and collects all bytes until the edge closes. */
function speak(...parts: string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(edge.url)
    const chunks: Buffer[] = []
    const socket = connect({ port: Number(port), host: hostname, noDelay: true }, () => next(0))
    const next = (i: number) => {
      socket.write(parts[i] ?? '', 'latin1', () => {
        if (i + 1 < parts.length) setImmediate(() => setImmediate(() => next(i + 1)))
      })
    }
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}

/** One whole answer from the front of the bytes. */
function takeAnswer(bytes: Buffer): { status: number; headers: Record<string, string>; body: Buffer; rest: Buffer } {
  const at = bytes.indexOf('\r\n\r\n')
  const [line = '', ...lines] = bytes.subarray(0, at).toString('latin1').split('\r\n')
  const pairs = lines.map((header): [string, string] => [
    header.slice(0, header.indexOf(':')).toLowerCase(),
    header.slice(header.indexOf(':') + 2),
  ])
  const headers = Object.fromEntries(pairs)
  const size = Number(headers['content-length'] ?? 0)
  const status = Number(line.split(' ')[1])
  return { status, headers, body: bytes.subarray(at + 4, at + 4 + size), rest: bytes.subarray(at + 4 + size) }
}

const LAST = 'GET /healthz HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n'
const get = (path: string, headers: Record<string, string> = {}) =>
  `GET /v1/sites/shop${path} HTTP/1.1\r\nHost: e\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

describe('answers from memory', () => {
  test.each([
    ['an object', () => get(`/objects/${manifest}`)],
    ['an object in br', () => get(`/objects/${text}`, { 'Accept-Encoding': 'gzip, br' })],
    ['an object in gzip', () => get(`/objects/${text}`, { 'accept-encoding': 'br;q=0, gzip' })],
    ['a large object', () => get(`/objects/${large}`)],
    ['a known object', () => get(`/objects/${manifest}`, { 'If-None-Match': `W/"x", "${manifest}"` })],
    ['a pointer', () => get('/channels/main')],
    ['any known pointer', () => get('/channels/main', { 'if-none-match': '*' })],
  ])('are what the routes answer: %s', async (_name, request) => {
    const hot = takeAnswer(await speak(request(), LAST))
    // Cut in two, the same request is the HTTP parser's.
    const routed = takeAnswer(await speak(request().slice(0, 20), request().slice(20), LAST))
    const { date, ...headers } = hot.headers
    const { date: _date, ...expected } = routed.headers
    expect(headers).toEqual(expected)
    expect(Date.parse(date ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect([hot.status, hot.body.equals(routed.body)]).toEqual([routed.status, true])
    expect(takeAnswer(hot.rest).status).toBe(200)
  })

  test('are counted like others', async () => {
    const count = async () => {
      const metrics = await (await fetch(`${edge.url}/metrics`)).text()
      const read = (pattern: RegExp) => Number(pattern.exec(metrics)?.[1] ?? 0)
      return [
        read(/^pocketshelf_requests_total\{route="object",status="200"\} (\d+)$/m),
        read(/^pocketshelf_request_seconds_count\{route="object"\} (\d+)$/m),
        read(/^pocketshelf_served_bytes_total (\d+)$/m),
      ]
    }
    const [requests = 0, timed = 0, bytes = 0] = await count()
    await speak(get(`/objects/${large}`), LAST)
    expect(await count()).toEqual([requests + 1, timed + 1, bytes + LARGE_BYTES])
  })

  test('do not pile up for a client that asks and does not read', async () => {
    const { hostname, port } = new URL(edge.url)
    const before = process.memoryUsage().external
    const socket = connect(Number(port), hostname)
    socket.pause()
    const request = get(`/objects/${large}`)
    for (let i = 0; i < 50; i++) await new Promise((resolve) => socket.write(request, resolve))
    await fetch(`${edge.url}/healthz`)
    expect(process.memoryUsage().external - before).toBeLessThan(20 * LARGE_BYTES)
    socket.destroy()
  })

  test('never cross sites', async () => {
    const request = `GET /v1/sites/other/objects/${manifest} HTTP/1.1\r\nHost: e\r\n\r\n`
    expect(takeAnswer(await speak(request, LAST)).status).toBe(404)
  })
})

describe('what is not a simple GET meets the HTTP parser', () => {
  const object = () => `GET /v1/sites/shop/objects/${manifest} HTTP/1.1\r\n`
  test.each([
    ['two hosts', () => `${object()}Host: e\r\nHost: f\r\n\r\n`],
    ['no host', () => `${object()}X: 1\r\n\r\n`],
    ['a body', () => `${object()}Host: e\r\nContent-Length: 0\r\n\r\n`],
    ['chunks', () => `${object()}Host: e\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', () => `${object()}Host: e\r\nX: 1\r\n 2\r\n\r\n`],
    ['a space before the colon', () => `${object()}Host : e\r\n\r\n`],
    ['bare line feeds', () => `${object()}Host: e\n\n`],
    ['a control character', () => `${object()}Host: e\r\nX: \u0001\r\n\r\n`],
    ['a letter beyond ASCII', () => `${object()}Host: e\r\nX: é\r\n\r\n`],
    ['a second request behind it', () => `${object()}Host: e\r\n\r\n${object()}Host: e\r\n\r\n`],
    ['a byte behind it', () => `${object()}Host: e\r\n\r\n\n`],
    ['a head without its end', () => `${object()}Host: e\r\n`],
    ['two ranges of encodings', () => `${object()}Host: e\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n`],
    ['a range', () => `${object()}Host: e\r\nRange: bytes=0-1\r\n\r\n`],
    ['a connection to be closed', () => `${object()}Host: e\r\nConnection: close\r\n\r\n`],
    ['an upgrade', () => `${object()}Host: e\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`],
    ['another version', () => `${object().replace('1.1', '1.0')}Host: e\r\n\r\n`],
    ['a path with an escape', () => `${object().replace('shop', 'sh%6fp')}Host: e\r\n\r\n`],
    ['a query', () => `${object().replace(' HTTP', '?x HTTP')}Host: e\r\n\r\n`],
  ])('%s', (_name, request) => {
    expect(parseSimpleGet(Buffer.from(request(), 'latin1'))).toBeUndefined()
  })

  test('whatever changes in a byte is either refused here or the same request', () => {
    const request = Buffer.from(
      get(`/objects/${'a'.repeat(64)}`, { 'accept-encoding': 'br', 'user-agent': 'x' }),
      'latin1',
    )
    expect(parseSimpleGet(request)).toMatchObject({ site: 'shop', acceptEncoding: 'br' })
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(request)
        changed[at] = byte
        const parsed = parseSimpleGet(changed)
        if (parsed === undefined) return
        const head = changed.toString('latin1')
        expect(head.indexOf('\r\n\r\n')).toBe(head.length - 4)
        expect(head.startsWith(`GET /v1/sites/${parsed.site}/${parsed.kind}/${parsed.name} HTTP/1.1\r\n`)).toBe(true)
        expect(/(?:^|\n)(?:content-length|transfer-encoding|upgrade|expect):/i.test(head)).toBe(false)
        expect(/[^\t\r\n\x20-\x7e]/.test(head)).toBe(false)
      }),
      { seed: SEED, numRuns: 5_000 },
    )
  })

  test('a connection goes on after it was handed over, with nothing lost', async () => {
    const bytes = await speak(
      get('/channels/main'),
      get(`/objects/${large}`, { range: 'bytes=5-9' }),
      get(`/objects/${large}`),
      get('/channels/none'),
      LAST,
    )
    const statuses: number[] = []
    for (let rest = bytes; rest.length > 0; ) {
      const answer = takeAnswer(rest)
      statuses.push(answer.status)
      rest =
        answer.headers['transfer-encoding'] === 'chunked' ? rest.subarray(rest.indexOf('0\r\n\r\n') + 5) : answer.rest
    }
    expect(statuses).toEqual([200, 206, 200, 404, 200])
  })
})
