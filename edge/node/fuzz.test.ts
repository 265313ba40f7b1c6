import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc, { type Arbitrary } from 'fast-check'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient } from '../contract-suite/edge-client.ts'
import { createTestKey, makePublication, PUBLISH_TOKEN, READ_TOKEN, testSite } from '../contract-suite/test-site.ts'
import { createApp } from '../core/app.ts'
import { openApiDocument } from '../core/openapi.ts'
import type { Clock } from '../core/ports.ts'
import { TokenBuckets } from '../core/rate-limiter.ts'
import { parseSites, storeSite } from '../core/sites.ts'
import { StripedSums } from '../core/striped-sums.ts'
import { BlobFiles } from './blob-files.ts'
import { EventLogThread } from './event-log.ts'
import { silentLog } from './log.ts'
import { MemoryCache } from './memory-cache.ts'
import { PrometheusMetrics } from './metrics.ts'
import { createNodeEdge } from './node-edge.ts'
import { nearValue } from './schema-arbitrary.conformance.ts'
import { StateDatabase } from './state-database.ts'
import { SumDatabase } from './sum-database.ts'

const SEED = 20261103
const DIRECT_ROUNDS = 5
const DIRECT_PER_ROUND = 10_000
const OVER_HTTP = 3_000
const AT_ONCE = 64
const MAX_GROWTH_BYTES = 24 * 2 ** 20
const SITE = 'shop'

type Schema = Readonly<Record<string, unknown>>
type Operation = {
  readonly parameters: readonly { name: string; in: string; schema: Schema }[]
  readonly requestBody?: { content: Record<string, { schema: Schema }> }
}
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }
type Sent = { readonly path: string; readonly init: RequestInit }

const document = openApiDocument() as unknown as Document // an OpenAPI document
const { schemas } = document.components

const systemClock: Clock = { now: () => Date.now(), seconds: () => performance.now() / 1000 }

/** Requests to one operation: parameters and bodies that fit its description, nearly fit it, or do not. */
function requestsTo(path: string, method: string, operation: Operation, hashes: readonly string[]): Arbitrary<Sent> {
  const parameterOf = (parameter: Operation['parameters'][number]): Arbitrary<[string, string]> => {
    const known: Record<string, Arbitrary<string>> = {
      site: fc.constant(SITE),
      sha256: fc.constantFrom(...hashes),
      name: fc.constant('main'),
      scene: fc.constantFrom('popular', 'trending', 'for-you'),
    }
    const near = nearValue(parameter.schema, schemas).map((value) =>
      typeof value === 'string' ? value : JSON.stringify(value),
    )
    const likely = known[parameter.name] ?? near
    return fc
      .oneof({ weight: 6, arbitrary: likely }, { weight: 1, arbitrary: near }, { weight: 1, arbitrary: fc.string() })
      .map((value) => [parameter.name, value])
  }
  const media = Object.entries(operation.requestBody?.content ?? {})
  const bodies = media.map(([type, { schema }]) =>
    type === 'application/octet-stream'
      ? fc.uint8Array({ maxLength: 300 })
      : fc.oneof(
          { weight: 8, arbitrary: nearValue(schema, schemas).map((value) => JSON.stringify(value) ?? '') },
          { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
        ),
  )
  const header = fc.dictionary(
    fc.constantFrom(
      'range',
      'if-range',
      'if-none-match',
      'accept-encoding',
      'content-type',
      'content-encoding',
      'content-length',
      'dnt',
      'origin',
      'x-forwarded-for',
      'cookie',
    ),
    fc.constantFrom(
      'bytes=0-',
      'bytes=-1',
      'bytes=9-2',
      '*',
      '"x"',
      'br',
      'gzip;q=0',
      'text/plain',
      'application/json',
      '1',
      '99999999',
      '-1',
      'https://evil.example',
      ',,;=',
    ),
    { maxKeys: 3 },
  )
  const token = fc.constantFrom(`Bearer ${PUBLISH_TOKEN}`, `Bearer ${READ_TOKEN}`, 'Bearer wrong', 'Basic eDp5', '')
  return fc
    .tuple(
      fc.tuple(...operation.parameters.map(parameterOf)),
      fc.tuple(header, token),
      bodies.length === 0 ? fc.constant(undefined) : fc.option(fc.oneof(...bodies), { nil: undefined }),
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH') },
      ),
    )
    .map(([parameters, [headers, authorization], body, verb]): Sent => {
      let filled = path
      const query = new URLSearchParams()
      parameters.forEach(([name, value], i) => {
        if (operation.parameters[i]?.in === 'path')
          filled = filled.replace(`{${name}}`, () => encodeURIComponent(value.toWellFormed()))
        else query.append(name, value)
      })
      const isBodyless = verb === 'GET' || verb === 'HEAD'
      const sent = isBodyless || body === undefined ? {} : { body: body as BodyInit } // text or bytes
      return {
        path: `${filled}${query.size > 0 ? `?${query}` : ''}`,
        init: { method: verb, headers: { ...headers, authorization }, ...sent },
      }
    })
}

const everyRequest = (hashes: readonly string[]): Arbitrary<Sent> =>
  fc.oneof(
    ...Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) =>
        requestsTo(path, method.toUpperCase(), operation, hashes),
      ),
    ),
  )

/** Sends all, some at a time. @returns Answers by status, and what was answered with a failure. */
async function sendAll(
  requests: readonly Sent[],
  send: (sent: Sent) => Promise<Response>,
): Promise<{ statuses: Map<number, number>; failures: string[] }> {
  const statuses = new Map<number, number>()
  const failures: string[] = []
  let next = 0
  const sender = async () => {
    for (let sent = requests[next++]; sent !== undefined; sent = requests[next++]) {
      const response = await send(sent)
      const text = await response.text()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      const isLeaking = /\bat \w+.*\.ts|node_modules|SQLITE/.test(text)
      if (response.status >= 500 || isLeaking)
        failures.push(`${response.status} ${JSON.stringify(sent)} ${text.slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender))
  return { statuses, failures }
}

function collectGarbage(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void // there since the flag
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

let dir: string
let hashes: readonly string[]

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edge-fuzz-'))
  const key = await createTestKey(1)
  const edge = await createNodeEdge({ dataDir: dir, sites: [await testSite(SITE, [key])] })
  const publication = await makePublication(SITE, key, 1)
  await new EdgeClient(edge.url, SITE).publish(publication)
  hashes = publication.body.objects
  await edge.close()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The app over real stores, without sockets. */
async function openApp(): Promise<{ app: Hono; close(): Promise<void> }> {
  const cache = new MemoryCache(2 ** 20)
  const state = new StateDatabase(join(dir, 'state.db'))
  const events = new EventLogThread({ path: join(dir, 'events.db'), maxBytes: 0 }, systemClock, silentLog)
  const sums = new SumDatabase(join(dir, 'sums.db'))
  const [site] = parseSites([await testSite(SITE, [await createTestKey(1)])])
  if (site !== undefined) await storeSite(state, systemClock, site)
  const app = createApp({
    blobs: new BlobFiles(join(dir, 'objects'), cache),
    state,
    events,
    sums: new StripedSums(sums, systemClock),
    limiter: new TokenBuckets(systemClock),
    metrics: new PrometheusMetrics(cache),
    clock: systemClock,
    log: silentLog,
    host: {
      clientAddress: () => '198.51.100.7',
      isOperator: () => true,
      header: (request, _platform, name) => request.headers.get(name) ?? undefined,
      precompressed: {},
      otherwise: () => Promise.resolve(undefined),
      notReady: () => Promise.resolve([]),
    },
    gcGraceMs: 86_400_000,
  })
  return {
    app,
    close: async () => {
      await events.close()
      sums.close()
      state.close()
    },
  }
}

describe('requests made from the OpenAPI document', () => {
  test(`${DIRECT_ROUNDS * DIRECT_PER_ROUND} to the app meet no failure, and its memory does not grow`, async () => {
    const { app, close } = await openApp()
    const statuses = new Map<number, number>()
    const heap: number[] = []
    for (let round = 0; round < DIRECT_ROUNDS; round++) {
      const requests = fc.sample(everyRequest(hashes), { numRuns: DIRECT_PER_ROUND, seed: SEED + round })
      const answers = await sendAll(requests, async ({ path, init }) => app.request(path, init))
      expect(answers.failures).toEqual([])
      for (const [status, count] of answers.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count)
      heap.push(collectGarbage())
    }
    await close()
    // It reached what lies behind the checks, not only refusals.
    for (const status of [200, 204, 400, 401, 403, 404, 422]) expect(statuses.get(status) ?? 0).toBeGreaterThan(50)
    expect(Math.max(...heap) - (heap[0] ?? 0)).toBeLessThan(MAX_GROWTH_BYTES)
  })

  test(`${OVER_HTTP} over real connections meet no failure`, async () => {
    const edge = await createNodeEdge({ dataDir: dir, sites: [await testSite(SITE, [await createTestKey(1)])] })
    const requests = fc
      .sample(everyRequest(hashes), { numRuns: OVER_HTTP, seed: SEED - 1 })
      .map(({ path, init }) => ({ path, init: { ...init, headers: withoutLength(init.headers) } }))
    const { failures, statuses } = await sendAll(requests, ({ path, init }) => fetch(`${edge.url}${path}`, init))
    await edge.close()
    expect(failures).toEqual([])
    expect(statuses.get(200)).toBeGreaterThan(100)
  })
})

/** A client library sets the length itself; wrong ones are in protocol.test.ts. */
function withoutLength(headers: RequestInit['headers']): Headers {
  const own = new Headers(headers)
  own.delete('content-length')
  return own
}
