import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EdgeClient, testBatch, testEvent } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { createTestKey, PUBLISH_TOKEN, testSite } from './test-site.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SITES = 40

/** What every edge promises about consented first-party events. */
export function eventsConformance(target: EdgeTarget): void {
  describe(`${target.name}: events`, () => {
    let edge: RunningEdge
    let client: EdgeClient
    let next = 0

    beforeAll(async () => {
      const key = await createTestKey(1)
      const sites = await Promise.all(Array.from({ length: SITES }, (_, i) => testSite(`site-${i}`, [key])))
      edge = await target.start({
        sites: [...sites, await testSite('slow', [key], { clientPerSecond: 0.001, clientBurst: 3 })],
      })
    })
    beforeEach(() => {
      client = new EdgeClient(edge.url, `site-${next++ % SITES}`)
    })
    afterAll(() => edge.close())

    const refusalOf = async (change: object) => {
      const { json } = await client.events({ v: 1, batch: 'b', events: [{ ...testEvent(0), ...change }] })
      return (json as { refused: { reason: string }[] }).refused[0]?.reason // what the edge promises
    }

    test('a batch is stored once, however often it is sent, and exported as it came', async () => {
      const batch = testBatch('batch-1', 3)
      const receipt = { v: 1, batch: 'batch-1', status: 'stored', accepted: 3, refused: [] }
      expect(await client.events(batch)).toMatchObject({ status: 200, json: receipt })
      expect(await client.events(batch)).toMatchObject({ status: 200, json: { ...receipt, status: 'duplicate' } })
      const exported = await client.exportAll()
      expect(exported.map(({ event }) => event)).toEqual(batch.events)
      expect(new Set(exported.map(({ batch: id }) => id))).toEqual(new Set(['batch-1']))
    })

    test('copies of one batch sent at the same time are stored once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.events(testBatch('same', 2))))
      const statuses = answers.map(({ json }) => (json as { status: string }).status) // what the edge promises
      expect(statuses.filter((status) => status === 'stored')).toHaveLength(1)
      expect(await client.exportAll()).toHaveLength(2)
    })

    test('refuses events one by one and says which and why, never repeating what was sent', async () => {
      const events = [
        testEvent(0),
        { ...testEvent(1), secret: 'me@example.org' },
        { ...testEvent(2), item: '' },
        testEvent(3),
      ]
      const { json } = await client.events({ v: 1, batch: 'mixed', events })
      expect(json).toMatchObject({
        status: 'stored',
        accepted: 2,
        refused: [
          { index: 1, reason: 'an unknown key' },
          { index: 2, reason: 'item: invalid' },
        ],
      })
      expect(JSON.stringify(json)).not.toContain('example')
      expect((await client.exportAll()).map(({ event }) => event.item)).toEqual(['item-0', 'item-3'])
    })

    test('a batch whose events are all refused is answered with the report and stores nothing', async () => {
      expect(await client.events({ v: 1, batch: 'bad', events: [null, 7, 'x', []] })).toMatchObject({
        status: 200,
        json: { accepted: 0 },
      })
      expect(await client.exportAll()).toEqual([])
    })

    test.each([
      ['a time zone', { tzOffsetMin: 60 }, 'an unknown key'],
      ['an exact time', { at: Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 1 }, 'at: not multiple of'],
      ['a time two days ahead', { at: Math.floor((Date.now() + 2 * DAY_MS) / HOUR_MS) * HOUR_MS }, 'at: in the future'],
      ['a time 31 days ago', { at: Math.floor((Date.now() - 31 * DAY_MS) / HOUR_MS) * HOUR_MS }, 'at: too old'],
      ['an unknown type', { type: 'stare' }, 'type: invalid value'],
      ['a long item id', { item: 'ü'.repeat(65) }, 'item: invalid'],
      ['a control character', { item: 'a\u0000b' }, 'item: invalid'],
      ['a pseudonym of another length', { pseudonym: 'short' }, 'pseudonym: invalid format'],
      ['a negative position', { position: -1 }, 'position: too small'],
      ['a propensity above 1', { propensity: 1.5 }, 'propensity: too big'],
      ['another version', { v: 2 }, 'v: invalid value'],
    ])('an event with %s is refused', async (_name, change, reason) => {
      expect(await refusalOf(change)).toBe(reason)
    })

    test('every optional field of the contract is kept', async () => {
      const full = {
        ...testEvent(0),
        type: 'purchase',
        list: 'list-1',
        scene: 'for-you',
        context: '007',
        release: 'r1',
        arm: 'canary',
        propensity: 0.25,
        value: 9.99,
        currency: 'EUR',
      }
      await client.events({ v: 1, batch: 'full', events: [full] })
      expect((await client.exportAll())[0]?.event).toEqual(full)
    })

    test.each([
      ['not JSON', '{"v":1,', 400, 'bad-request'],
      ['an array', '[]', 400, 'bad-request'],
      ['an unknown key beside the events', { ...testBatch('b', 1), user: 1 }, 400, 'bad-request'],
      ['without events', { v: 1, batch: 'b', events: [] }, 400, 'bad-request'],
      ['of an unknown version', { ...testBatch('b', 1), v: 2 }, 400, 'bad-request'],
      ['named with a path', testBatch('../../x', 1), 400, 'bad-request'],
      ['501 events long', { v: 1, batch: 'b', events: Array.from({ length: 501 }, () => 1) }, 413, 'too-large'],
      ['above 64 kB', testBatch('b', 450, 'p'.repeat(200)), 413, 'too-large'],
    ])('a batch that is %s is refused as a whole', async (_name, body, status, code) => {
      expect(await client.events(body)).toMatchObject({ status, json: { error: { code } } })
      expect(await client.exportAll()).toEqual([])
    })

    const sendUnsized = (chunks: number) => {
      const chunk = new TextEncoder().encode(' '.repeat(16_384))
      let sent = 0
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => (sent++ >= chunks ? controller.close() : controller.enqueue(chunk)),
      })
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' }
      return client.send('/events', init as RequestInit) // lib.dom does not know `duplex` yet
    }

    test('a body without a declared length is refused when it passes the limit', async () => {
      expect(await sendUnsized(10)).toMatchObject({ status: 413, json: { error: { code: 'too-large' } } })
      expect(await client.events(testBatch('next', 1))).toMatchObject({ status: 200 })
    })

    test('an endless body is cut off, and the next request is served', async () => {
      const outcome = await sendUnsized(100_000).then(
        ({ status }) => status,
        () => 'connection closed', // the answer comes while the body is still being sent; a client may miss it
      )
      expect([413, 'connection closed']).toContain(outcome)
      expect(await client.events(testBatch('next', 1))).toMatchObject({ status: 200 })
    })

    test('a compressed body is refused, so that it cannot unfold', async () => {
      expect(await client.events('x', { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 })
    })

    test('text/plain is taken as sendBeacon sends it, a form is not', async () => {
      expect(await client.events(testBatch('beacon', 1), { 'content-type': 'text/plain;charset=UTF-8' })).toMatchObject(
        { status: 200 },
      )
      expect(await client.events(testBatch('form', 1), { 'content-type': 'multipart/form-data' })).toMatchObject({
        status: 400,
      })
    })

    test.each([['sec-gpc'], ['dnt']])('with %s: 1 nothing is accepted and nothing is said', async (header) => {
      const answer = await client.events(testBatch('declined', 5), { [header]: '1' })
      expect([answer.status, answer.json]).toEqual([204, null])
      expect(await client.exportAll()).toEqual([])
      expect(await client.events(testBatch('after', 1))).toMatchObject({ status: 200 })
    })

    test('a page of another origin may send, and reads the receipt', async () => {
      const preflight = await client.fetch('/events', { method: 'OPTIONS' })
      expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type')
      expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
      expect((await client.events(testBatch('cors', 1))).headers.get('access-control-allow-origin')).toBe('*')
    })

    test('a forgotten pseudonym has no events left, and what was on its way is not stored', async () => {
      const gone = 'forget-me-000000000000'
      const stays = 'keep-me-00000000000000'
      await client.events({ v: 1, batch: 'both', events: [testEvent(1, gone), testEvent(2, stays)] })
      await client.events(testBatch('more', 3, gone))
      const remove = () => client.send(`/pseudonyms/${gone}`, { method: 'DELETE' })
      expect((await remove()).status).toBe(204)
      expect((await remove()).status).toBe(204)
      await client.events(testBatch('late', 3, gone))
      expect((await client.exportAll()).map(({ event }) => event.pseudonym)).toEqual([stays])
      expect((await client.send('/pseudonyms/not-a-pseudonym', { method: 'DELETE' })).status).toBe(204)
    })

    test('the export pages by cursor without gaps or repetitions', async () => {
      for (let i = 0; i < 7; i++) await client.events(testBatch(`b${i}`, 2))
      const seen: string[] = []
      let cursor = 0
      for (let isEnd = false; !isEnd; ) {
        const page = (await client.export(cursor, 3)).json as {
          events: { batch: string }[]
          cursor: number
          isEnd: boolean
        }
        seen.push(...page.events.map(({ batch }) => batch))
        cursor = page.cursor
        isEnd = page.isEnd
      }
      // Shards may put batches of different senders in another order than they came.
      expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6].flatMap((i) => [`b${i}`, `b${i}`]))
      expect((await client.export(cursor)).json).toMatchObject({ events: [], cursor })
      expect((await client.export(cursor, 0)).status).toBe(200)
      expect(await client.admin('GET', '/events?cursor=-1', undefined, 'read-token-of-the-tests')).toMatchObject({
        status: 400,
      })
    })

    test('the export needs a token of scope read', async () => {
      expect(await client.send('/events')).toMatchObject({ status: 401 })
      expect(await client.admin('GET', '/events', undefined, PUBLISH_TOKEN)).toMatchObject({ status: 403 })
    })

    test("one site does not see another's events", async () => {
      await client.events(testBatch('mine', 1))
      expect(await new EdgeClient(edge.url, `site-${next % SITES}`).exportAll()).toEqual([])
    })

    test('an unknown site takes no events', async () => {
      expect(await new EdgeClient(edge.url, 'nobody').events(testBatch('b', 1))).toMatchObject({ status: 404 })
    })

    test('batches beyond the rate are rate-limited with advice when to come back, and other sites are not', async () => {
      const slow = new EdgeClient(edge.url, 'slow')
      const statuses = []
      for (let i = 0; i < 5; i++) statuses.push((await slow.events(testBatch(`b${i}`, 1))).status)
      expect(statuses).toEqual([200, 200, 200, 429, 429])
      const refused = await slow.events(testBatch('b', 1), {
        'x-forwarded-for': '203.0.113.9',
        forwarded: 'for=203.0.113.9',
      })
      expect(refused).toMatchObject({ status: 429, json: { error: { code: 'rate-limited' } } })
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(await client.events(testBatch('b', 1))).toMatchObject({ status: 200 })
    })

    test('a restart keeps events and still knows their batches', async () => {
      await client.events(testBatch('before', 2))
      const site = `site-${(next - 1) % SITES}`
      edge = await edge.restart()
      client = new EdgeClient(edge.url, site)
      expect(await client.events(testBatch('before', 2))).toMatchObject({ json: { status: 'duplicate' } })
      expect(await client.exportAll()).toHaveLength(2)
    })
  })
}
