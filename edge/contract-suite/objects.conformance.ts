import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { createTestKey, hashOf, noise, PUBLISH_TOKEN, prose, READ_TOKEN, testSite } from './test-site.ts'

/** What every edge promises about immutable objects. */
export function objectsConformance(target: EdgeTarget): void {
  describe(`${target.name}: objects`, () => {
    let edge: RunningEdge
    let client: EdgeClient
    let text: string
    let random: string
    const textBytes = prose(50_000, 1)
    const randomBytes = noise(1_048_576, 2)

    beforeAll(async () => {
      const key = await createTestKey(1)
      edge = await target.start({ sites: [await testSite('shop', [key]), await testSite('other', [key])] })
      client = new EdgeClient(edge.url, 'shop')
      text = await hashOf(textBytes)
      random = await hashOf(randomBytes)
      await client.upload(text, textBytes)
      await client.upload(random, randomBytes)
    })
    afterAll(() => edge.close())

    test('an upload is answered 201, its repetition 200, and both leave the same bytes', async () => {
      const bytes = noise(100, 3)
      const hash = await hashOf(bytes)
      expect(await client.upload(hash, bytes)).toMatchObject({ status: 201, json: { status: 'stored' } })
      expect(await client.upload(hash, bytes)).toMatchObject({ status: 200, json: { status: 'present' } })
      expect(new Uint8Array(await (await client.fetch(`/objects/${hash}`)).arrayBuffer())).toEqual(bytes)
    })

    test('an empty object can be stored', async () => {
      const hash = await hashOf(new Uint8Array(0))
      expect((await client.upload(hash, new Uint8Array(0))).status).toBe(201)
      const response = await client.fetch(`/objects/${hash}`)
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 0])
    })

    test('bytes that differ from their name are refused with hash-mismatch and leave nothing', async () => {
      const hash = await hashOf(noise(50, 4))
      expect(await client.upload(hash, noise(50, 5))).toMatchObject({
        status: 422,
        json: { error: { code: 'hash-mismatch' } },
      })
      expect((await client.fetch(`/objects/${hash}`)).status).toBe(404)
    })

    test('an object larger than the limit is refused with too-large before it is sent whole', async () => {
      const chunk = new Uint8Array(1_048_576)
      let sent = 0
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent++
          if (sent > 200) controller.close()
          else controller.enqueue(chunk)
        },
      })
      const init = { method: 'PUT', headers: { authorization: `Bearer ${PUBLISH_TOKEN}` }, body, duplex: 'half' }
      const outcome = await client.send(`/objects/${'0'.repeat(64)}`, init as RequestInit).then(
        (answer) => answer.json,
        () => 'connection closed', // some hosts answer by closing while the body still comes
      )
      expect([{ error: expect.objectContaining({ code: 'too-large' }) }, 'connection closed']).toContainEqual(outcome)
      expect(sent).toBeLessThan(200)
    })

    test('an upload needs a token of scope publish', async () => {
      const bytes = noise(10, 6)
      const path = `/objects/${await hashOf(bytes)}`
      const put = (authorization: string) =>
        client.send(path, { method: 'PUT', headers: { authorization }, body: bytes })
      expect(await put('')).toMatchObject({ status: 401, json: { error: { code: 'unauthorised' } } })
      expect(await put('Bearer wrong')).toMatchObject({ status: 401 })
      expect(await put(`Bearer ${READ_TOKEN}`)).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } })
      expect((await client.fetch(path)).status).toBe(404)
    })

    test('objects carry immutable caching, a strong tag and headers for use from other origins', async () => {
      const response = await client.fetch(`/objects/${random}`)
      expect(await hashOf(new Uint8Array(await response.arrayBuffer()))).toBe(random)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        etag: `"${random}"`,
        vary: 'accept-encoding',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
        'content-length': String(randomBytes.length),
      })
    })

    test.each([
      ['br', 'br', '-br'],
      ['gzip', 'gzip', '-gz'],
      ['br;q=0, gzip;q=0.5', 'gzip', '-gz'],
      ['*', 'br', '-br'],
      ['identity', null, ''],
      ['br;q=0, gzip;q=0', null, ''],
    ])('accept-encoding %s is answered with %s', async (accept, encoding, suffix) => {
      const response = await client.fetch(`/objects/${text}`, { headers: { 'accept-encoding': accept } })
      expect(response.headers.get('content-encoding')).toBe(encoding)
      expect(response.headers.get('etag')).toBe(`"${text}${suffix}"`)
      expect(await hashOf(new Uint8Array(await response.arrayBuffer()))).toBe(text)
    })

    test('what compression does not shrink is served as it is', async () => {
      const response = await client.fetch(`/objects/${random}`, { headers: { 'accept-encoding': 'br, gzip' } })
      expect([response.headers.get('content-encoding'), (await response.arrayBuffer()).byteLength]).toEqual([
        null,
        randomBytes.length,
      ])
    })

    test('a known tag is answered 304 without a body', async () => {
      const headers = { 'accept-encoding': 'br', 'if-none-match': `W/"x", "${text}-br"` }
      const response = await client.fetch(`/objects/${text}`, { headers })
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', `"${text}-br"`])
      const other = await client.fetch(`/objects/${text}`, {
        headers: { 'accept-encoding': 'br', 'if-none-match': `"${text}"` },
      })
      expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, textBytes.length])
    })

    test.each([
      ['bytes=0-9', 206, 0, 10],
      ['bytes=100-', 206, 100, 50_000],
      ['bytes=-5', 206, 49_995, 50_000],
      ['bytes=49990-99999', 206, 49_990, 50_000],
      ['bytes=9-5', 200, 0, 50_000],
      ['bytes=0-1,5-6', 200, 0, 50_000],
      ['items=0-1', 200, 0, 50_000],
    ])('range %s of identity gives %i', async (range, status, start, end) => {
      const response = await client.fetch(`/objects/${text}`, { headers: { range, 'accept-encoding': 'br' } })
      expect(response.status).toBe(status)
      expect(await hashOf(new Uint8Array(await response.arrayBuffer()))).toBe(await hashOf(textBytes.slice(start, end)))
      if (status === 206) expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/50000`)
    })

    test('a range beyond the end is answered 416 with the size', async () => {
      const response = await client.fetch(`/objects/${text}`, { headers: { range: 'bytes=50000-' } })
      expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
        416,
        'bytes */50000',
        '',
      ])
    })

    test('if-range with another tag gives the whole object', async () => {
      const headers = { range: 'bytes=0-9', 'if-range': '"another"', 'accept-encoding': 'identity' }
      const response = await client.fetch(`/objects/${text}`, { headers })
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 50_000])
    })

    test('HEAD tells the size without the body', async () => {
      const response = await client.fetch(`/objects/${text}`, {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
      })
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
        200,
        '50000',
        '',
      ])
      expect((await client.fetch(`/objects/${'a'.repeat(64)}`, { method: 'HEAD' })).status).toBe(404)
    })

    test('the question about missing objects names exactly those', async () => {
      const absent = 'b'.repeat(64)
      expect(await client.admin('POST', '/objects/missing', { hashes: [text, absent, random] })).toMatchObject({
        status: 200,
        json: { missing: [absent] },
      })
      expect(await client.admin('POST', '/objects/missing', { hashes: ['nonsense'] })).toMatchObject({ status: 400 })
    })

    test("one site does not have another's objects", async () => {
      expect((await new EdgeClient(edge.url, 'other').fetch(`/objects/${text}`)).status).toBe(404)
    })

    test('a preflight allows reading from any origin and nothing else', async () => {
      const response = await client.fetch(`/objects/${text}`, { method: 'OPTIONS' })
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD')
    })

    test.each(['A'.repeat(64), 'abc', `${'a'.repeat(63)}.`, '..%2f..%2fstate.db', `${'a'.repeat(64)}.br`])(
      'the name %s is not an object',
      async (name) => {
        expect(await client.send(`/objects/${name}`)).toMatchObject({ status: 404 })
      },
    )
  })
}
