import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient, testBatch, testEvent } from '../contract-suite/edge-client.ts'
import { createTestKey, makePublication, PUBLISH_TOKEN, READ_TOKEN, testSite } from '../contract-suite/test-site.ts'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'

const SEED = 20261101

let dir: string
let edge: NodeEdge
let client: EdgeClient

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edge-protocol-'))
  const key = await createTestKey(1)
  edge = await createNodeEdge({ dataDir: dir, sites: [await testSite('shop', [key])] })
  client = new EdgeClient(edge.url, 'shop')
  await client.publish(await makePublication('shop', key, 1))
})
afterAll(async () => {
  await edge.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Writes bytes to a connection as they are and collects what comes back until the edge closes it. */
function speak(text: string, url = edge.url): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

const statusesOf = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))

describe('the HTTP protocol', () => {
  const events = 'POST /v1/sites/shop/events HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n'
  const close = 'GET /healthz HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n'

  test.each([
    ['two lengths', `${events}Content-Length: 5\r\nContent-Length: 6\r\n\r\n[1,2]\n`],
    ['a length beside chunks', `${events}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a negative length', `${events}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${events}Content-Length: +5\r\n\r\n[1,2]`],
    ['a bare line feed in the head', 'GET /healthz HTTP/1.1\nHost: edge\n\n'],
    ['a header name with a space', 'GET /healthz HTTP/1.1\r\nHost : edge\r\n\r\n'],
    ['a chunk size that is no number', `${events}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ])('%s is refused and the connection closed, so that nothing can be smuggled', async (_name, text) => {
    expect(statusesOf(await speak(text))).toEqual([400])
  })

  test('headers of more than 16 kB are refused with 431', async () => {
    expect(
      statusesOf(await speak(`GET /healthz HTTP/1.1\r\nHost: edge\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)),
    ).toEqual([431])
  })

  test('a client that never ends its headers is cut off with 408', async () => {
    const strict = await createNodeEdge({ dataDir: join(dir, 'strict'), headersTimeoutMs: 300 })
    const head = 'GET /healthz HTTP/1.1\r\nHost: edge\r\nX-Slow: '
    expect(statusesOf(await speak(head, strict.url))).toEqual([408])
    await strict.close()
  })

  test('a client that never ends its body is cut off', async () => {
    const strict = await createNodeEdge({
      dataDir: join(dir, 'strict-body'),
      sites: [await testSite('shop', [await createTestKey(2)])],
      headersTimeoutMs: 300,
      requestTimeoutMs: 400,
    })
    const answer = await speak(`${events}Content-Length: 500\r\n\r\n{"events":`, strict.url)
    expect(statusesOf(answer).filter((status) => status < 400)).toEqual([])
    const { status } = await fetch(new URL('/healthz', strict.url))
    expect(status).toBe(200)
    await strict.close()
  })

  test('the connection stays usable after an answer that did not need the body', async () => {
    const body = JSON.stringify(testBatch('declined', 5))
    const declined = `${events}DNT: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const large = `${events}Content-Length: 100000\r\n\r\n${' '.repeat(100_000)}`
    const unauthorised = `PUT /v1/sites/shop/objects/${'a'.repeat(64)} HTTP/1.1\r\nHost: edge\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(50_000)}`
    expect(statusesOf(await speak(declined + large + unauthorised + close))).toEqual([204, 413, 401, 200])
  })
})

describe('metrics', () => {
  test('tell requests, events, sums and the live sequence to the operator', async () => {
    await client.events(testBatch('metrics', 3))
    const text = await (await fetch(`${edge.url}/metrics`)).text()
    expect(text).toMatch(/^pocketshelf_live_sequence\{site="shop",channel="main"\} 65541$/m)
    expect(text).toMatch(/^pocketshelf_requests_total\{route="events",status="200"\} \d+$/m)
    expect(text).toMatch(/^pocketshelf_events_accepted_total [1-9]\d*$/m)
    expect(text).toMatch(/^pocketshelf_sums\{site="shop"\} 0$/m)
    expect(text).toMatch(/^pocketshelf_sums_reports\{site="shop"\} 0$/m)
    expect(text).toMatch(/^pocketshelf_request_seconds_bucket\{le="0.005",route="events"\} \d+$/m)
  })

  test('are not there for anybody else', async () => {
    const other = await createNodeEdge({
      dataDir: join(dir, 'other'),
      metricsFrom: ['203.0.113.0/24'],
      trustedProxies: ['127.0.0.1'],
    })
    const statusFor = async (forwarded: string) =>
      (await fetch(`${other.url}/metrics`, { headers: { 'x-forwarded-for': forwarded } })).status
    expect([await statusFor('198.51.100.1'), await statusFor('203.0.113.5')]).toEqual([404, 200])
    await other.close()
  })
})

describe('whatever is sent', () => {
  const noFailure = (status: number) => expect([500, 501, 502, 504].includes(status)).toBe(false)

  test('as an event batch is answered without a failure', async () => {
    const event = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom('v', 'type', 'item', 'at', 'pseudonym', 'position', 'list', '__proto__'),
        fc.jsonValue(),
      ),
      fc
        .record({ position: fc.jsonValue(), value: fc.jsonValue(), item: fc.string({ unit: 'binary' }) })
        .map((change) => ({ ...testEvent(1), ...change })),
    )
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .record({
          v: fc.constant(1),
          batch: fc.string({ unit: fc.constantFrom('a', '-', '_', '9'), minLength: 1 }),
          events: fc.array(event),
        })
        .map((batch) => JSON.stringify(batch)),
    )
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const answer = await client.events(text)
        expect([200, 400]).toContain(answer.status)
      }),
      { seed: SEED, numRuns: 600 },
    )
  })

  test('as a path, method or header is answered without a failure', async () => {
    const part = fc.constantFrom(
      'v1',
      'sites',
      'shop',
      'channels',
      'main',
      'objects',
      'a'.repeat(64),
      'events',
      'step',
      'gc',
      '..',
      '%00',
      '%2e',
      '{}',
      'x'.repeat(300),
      'é',
    )
    const request = fc.record({
      path: fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/')),
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
      query: fc.constantFrom('', '?cursor=x', '?cursor=99999999999999999999', '?limit=-1', '?%', '?cursor=1&cursor=2'),
      headers: fc.dictionary(
        fc.constantFrom(
          'range',
          'if-range',
          'if-none-match',
          'accept-encoding',
          'authorization',
          'content-type',
          'x-forwarded-for',
        ),
        fc.constantFrom(
          'bytes=0-',
          'bytes=-',
          '*',
          'br;q=',
          ',,,',
          `Bearer ${PUBLISH_TOKEN}`,
          `Bearer ${READ_TOKEN}`,
          'Bearer',
          '"',
          'text/plain',
        ),
      ),
      body: fc.option(fc.jsonValue().map((value) => JSON.stringify(value))),
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ path, method, query, headers, body }) => {
        const isBodyless = method === 'GET' || method === 'HEAD'
        const response = await fetch(`${edge.url}/${path}${query}`, { method, headers, body: isBodyless ? null : body })
        await response.arrayBuffer()
        noFailure(response.status)
      }),
      { seed: SEED, numRuns: 1_500 },
    )
  })
})
