import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient, testBatch } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import {
  createTestKey,
  hashOf,
  makePublication,
  noise,
  PUBLISH_TOKEN,
  type TestPublication,
  testSite,
} from './test-site.ts'

const FLOOD = 300
const SLOW_UPLOADS = 12

/** What every edge promises to a site about other sites, other origins and caches between it and its visitors. */
export function securityConformance(target: EdgeTarget): void {
  describe(`${target.name}: security`, () => {
    let edge: RunningEdge
    let client: EdgeClient
    let publication: TestPublication

    beforeAll(async () => {
      const key = await createTestKey(1)
      const tight = await testSite('flooded', [key], { sitePerSecond: 0.001, siteBurst: 5 })
      edge = await target.start({ sites: [await testSite('shop', [key]), tight] })
      client = new EdgeClient(edge.url, 'shop')
      publication = await makePublication('shop', key, 1)
      await client.publish(publication)
    })
    afterAll(() => edge.close())

    test('no header and no stray query changes what a cache would keep', async () => {
      const paths = ['/channels/main', `/objects/${publication.body.objects[0]}`]
      const poison = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        'x-original-url': '/v1/sites/other/channels/main',
        'x-rewrite-url': '/metrics',
        'x-http-method-override': 'DELETE',
        origin: 'https://evil.example',
        cookie: 'site=other',
      }
      for (const path of paths) {
        const read = async (suffix: string, headers: Record<string, string>) => {
          const response = await client.fetch(path + suffix, { headers: { 'accept-encoding': 'identity', ...headers } })
          const { date: _date, ...kept } = Object.fromEntries(response.headers)
          return { status: response.status, kept, body: await response.text() }
        }
        const plain = await read('', {})
        expect(await read('', poison)).toEqual(plain)
        expect(await read('?callback=alert&utm=1', {})).toEqual(plain)
        expect(JSON.stringify(plain)).not.toContain('evil')
        expect(plain.kept['set-cookie']).toBeUndefined()
      }
    })

    test('failures are not to be cached', async () => {
      for (const path of ['/channels/none', `/objects/${'0'.repeat(64)}`, '/fallback/none', '/nowhere']) {
        const response = await client.fetch(path)
        await response.arrayBuffer()
        expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
      }
    })

    test("a page of another origin cannot use a publisher's browser: no cookie counts and no preflight allows the token", async () => {
      const admin: [string, string][] = [
        ['POST', '/publications'],
        ['POST', '/channels/main/step'],
        ['POST', '/gc'],
        ['POST', '/objects/missing'],
        ['GET', '/audit'],
      ]
      for (const [method, path] of admin) {
        const preflight = await client.fetch(path, {
          method: 'OPTIONS',
          headers: { origin: 'https://evil.example', 'access-control-request-method': method },
        })
        await preflight.arrayBuffer()
        // `authorization` is never allowed from another origin, whatever address a pattern of public routes happens to match.
        expect(preflight.headers.get('access-control-allow-headers') ?? '').not.toContain('authorization')
        if (method !== 'GET') expect(preflight.headers.get('access-control-allow-methods') ?? '').not.toContain(method)
        expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
        const headers = { cookie: `token=${PUBLISH_TOKEN}`, 'content-type': 'text/plain' }
        const body = method === 'GET' ? null : '{}'
        expect(await client.send(path, { method, headers, body })).toMatchObject({ status: 401 })
        expect(await client.send(`${path}?access_token=${PUBLISH_TOKEN}`, { method, body })).toMatchObject({
          status: 401,
        })
      }
    })

    test('what unfolds is never unfolded: compressed uploads and bodies are refused', async () => {
      const headers = { authorization: `Bearer ${PUBLISH_TOKEN}`, 'content-encoding': 'br' }
      const body = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
      expect(await client.send(`/objects/${'1'.repeat(64)}`, { method: 'PUT', headers, body })).toMatchObject({
        status: 400,
      })
      expect(await client.send('/publications', { method: 'POST', headers, body })).toMatchObject({ status: 400 })
    })

    test("slow uploads of one site do not hold up another's", async () => {
      const other = new EdgeClient(edge.url, 'flooded')
      const abort = new AbortController()
      const stalled = Array.from({ length: SLOW_UPLOADS }, (_, i) => {
        const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(10)) })
        const headers = { authorization: `Bearer ${PUBLISH_TOKEN}` }
        const init = { method: 'PUT', headers, body, duplex: 'half', signal: abort.signal } as RequestInit // `duplex` is undici's
        return other.send(`/objects/${String(i).padStart(64, '0')}`, init).catch(() => 'cut')
      })
      const bytes = noise(5_000, 31)
      for (let i = 0; i < 5; i++) expect((await client.events(testBatch(`between${i}`, 1))).status).toBe(200)
      expect((await client.upload(await hashOf(bytes), bytes)).status).toBe(201)
      abort.abort()
      expect(await Promise.all(stalled)).toEqual(stalled.map(() => 'cut'))
    })

    test('a flood on one site is refused there and leaves another served', async () => {
      const flooded = new EdgeClient(edge.url, 'flooded')
      const flood = Promise.all(Array.from({ length: FLOOD }, (_, i) => flooded.events(testBatch(`f${i}`, 1))))
      const served = await Promise.all(Array.from({ length: 20 }, (_, i) => client.events(testBatch(`s${i}`, 1))))
      const refused = (await flood).filter(({ status }) => status === 429)
      expect(served.every(({ status }) => status === 200)).toBe(true)
      expect(refused).toHaveLength(FLOOD - 5)
      expect(await flooded.exportAll()).toHaveLength(5)
    })
  })
}
