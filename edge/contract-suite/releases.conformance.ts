import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SignedPointer, STEP } from '#contract/pointer'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import {
  createTestKey,
  hashOf,
  makePublication,
  noise,
  prose,
  READ_TOKEN,
  type TestKey,
  type TestPublication,
  testSite,
} from './test-site.ts'

const SITES = 32

/** What every edge promises about publishing and moving channels. */
export function releasesConformance(target: EdgeTarget): void {
  describe(`${target.name}: releases`, () => {
    let edge: RunningEdge
    let key: TestKey
    let second: TestKey
    let site: string
    let client: EdgeClient
    let next = 0

    beforeAll(async () => {
      key = await createTestKey(1)
      second = await createTestKey(2)
      const sites = await Promise.all(Array.from({ length: SITES }, (_, i) => testSite(`site-${i}`, [key, second])))
      edge = await target.start({ sites })
    })
    beforeEach(() => {
      site = `site-${next++ % SITES}`
      client = new EdgeClient(edge.url, site)
    })
    afterAll(() => edge.close())

    const livePointer = async () => (await client.send('/channels/main')).json as SignedPointer // what the edge promises
    const publish = async (n: number, options: Parameters<typeof makePublication>[3] = {}) =>
      client.publish(await makePublication(site, key, n, options))

    test('a channel without a release is release-missing', async () => {
      expect(await client.send('/channels/main')).toMatchObject({
        status: 404,
        json: { error: { code: 'release-missing' } },
      })
      expect(await client.send('/channels/NO')).toMatchObject({ status: 404 })
      expect(await new EdgeClient(edge.url, 'nobody').send('/channels/main')).toMatchObject({ status: 404 })
    })

    test('a publication makes its pointer readable exactly as it was signed', async () => {
      const publication = await makePublication(site, key, 1)
      expect(await client.publish(publication)).toMatchObject({
        status: 201,
        json: { publication: 1, live: 'full', status: 'changed' },
      })
      expect(await livePointer()).toEqual(publication.body.pointers.full)
    })

    test('the pointer is cached shortly, has a tag and may be read from any origin', async () => {
      await publish(1)
      const { headers } = await client.fetch('/channels/main')
      expect(headers.get('cache-control')).toBe('public, max-age=30, must-revalidate')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      const etag = headers.get('etag') ?? ''
      const again = await client.fetch('/channels/main', { headers: { 'if-none-match': etag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
      await publish(2)
      expect((await client.fetch('/channels/main', { headers: { 'if-none-match': etag } })).status).toBe(200)
    })

    test('a publication whose objects are not all there is object-missing and changes nothing', async () => {
      const publication = await makePublication(site, key, 1)
      expect(await client.admin('POST', '/publications', publication.body)).toMatchObject({
        status: 404,
        json: { error: { code: 'object-missing', detail: { missing: 3 } } },
      })
      expect((await client.send('/channels/main')).status).toBe(404)
    })

    test('a pointer that no registered key signed is signature-invalid', async () => {
      const stranger = await makePublication(site, await createTestKey(9), 1)
      expect(await client.publish(stranger)).toMatchObject({
        status: 403,
        json: { error: { code: 'signature-invalid' } },
      })
      const honest = await makePublication(site, key, 1)
      const { full } = honest.body.pointers
      const changed = { ...honest.body, pointers: { full: { ...full, issuedAt: '2026-11-02T00:00:00.000Z' } } }
      expect(await client.admin('POST', '/publications', changed)).toMatchObject({
        status: 403,
        json: { error: { code: 'signature-invalid' } },
      })
    })

    test('every signed step is verified, not only the one that becomes live', async () => {
      await publish(1)
      const publication = await makePublication(site, key, 2)
      const forged = (await makePublication(site, await createTestKey(9), 2)).body.pointers.rollback
      await client.uploadAll(publication)
      const body = { ...publication.body, pointers: { ...publication.body.pointers, rollback: forged } }
      expect(await client.admin('POST', '/publications', body)).toMatchObject({ status: 403 })
      expect((await livePointer()).sequence).toBe(2 ** 16 + STEP.full)
    })

    test('either of two overlapping keys may sign', async () => {
      await publish(1)
      expect(await client.publish(await makePublication(site, second, 2))).toMatchObject({ status: 201 })
    })

    test('a pointer for another site, channel, step or share is refused', async () => {
      const publication = await makePublication(site, key, 1)
      await client.uploadAll(publication)
      const { full } = publication.body.pointers
      if (full === undefined) throw new Error('a first publication has its full step')
      const { keyId: _keyId, signature: _signature, ...plain } = full
      const changes = [
        { site: 'elsewhere' },
        { channel: 'beta' },
        { sequence: plain.sequence + 1 },
        { canary: { manifest: full.manifest, share: 0.5 } },
      ]
      for (const change of changes) {
        const pointers = { full: await key.sign({ ...plain, ...change }) }
        expect(await client.admin('POST', '/publications', { ...publication.body, pointers })).toMatchObject({
          status: 422,
          json: { error: { code: 'pointer-malformed' } },
        })
      }
    })

    test('an older publication is sequence-replayed, a skipped one is a conflict, the same one again is answered as before', async () => {
      await publish(1)
      await publish(2)
      expect(await client.publish(await makePublication(site, key, 1, { flavour: 7 }))).toMatchObject({
        status: 409,
        json: { error: { code: 'sequence-replayed' } },
      })
      expect(await publish(4)).toMatchObject({ status: 404 }) // its rollback names a manifest that was never uploaded
      await client.upload(await hashOf(prose(3_000, 3)), prose(3_000, 3))
      expect(await publish(4)).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } })
      expect(await publish(2)).toMatchObject({ status: 200, json: { publication: 2, status: 'unchanged' } })
    })

    test('of racing publishers of the same number one wins and the others are told so', async () => {
      const rivals = await Promise.all([1, 2, 3, 4, 5, 6].map((flavour) => makePublication(site, key, 1, { flavour })))
      for (const rival of rivals) await client.uploadAll(rival)
      const answers = await Promise.all(rivals.map((rival) => client.admin('POST', '/publications', rival.body)))
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
      const { json } = await client.admin('GET', '/releases')
      expect(json).toMatchObject({ releases: [{ publication: 1, objects: 3 }] })
    })

    test('a canary widens, is promoted and never moves down', async () => {
      await publish(1)
      await publish(2, { activate: 'canary5' })
      expect((await livePointer()).canary?.share).toBe(0.05)
      for (const step of ['canary10', 'canary50', 'full'])
        expect(await client.step(step)).toMatchObject({ status: 200, json: { live: step } })
      expect((await livePointer()).canary).toBeNull()
      expect(await client.step('canary25')).toMatchObject({
        status: 409,
        json: { error: { code: 'sequence-replayed' } },
      })
      expect(await client.step('full')).toMatchObject({ status: 200, json: { status: 'unchanged' } })
    })

    test('a rollback during a canary brings back the release before, and the next publication goes on from there', async () => {
      const first = await makePublication(site, key, 1)
      await client.publish(first)
      await publish(2, { activate: 'canary25' })
      expect(await client.step('rollback')).toMatchObject({ status: 200, json: { live: 'rollback' } })
      const pointer = await livePointer()
      expect([pointer.manifest, pointer.canary]).toEqual([first.body.objects[0], null])
      expect(await client.step('full')).toMatchObject({ status: 409 })
      expect(await publish(3)).toMatchObject({ status: 201, json: { live: 'full' } })
    })

    test('racing steps end at the highest that was asked for', async () => {
      await publish(1)
      await publish(2, { activate: 'canary5' })
      const steps = ['canary10', 'canary25', 'canary50', 'full', 'rollback', 'canary10', 'full']
      const answers = await Promise.all(steps.map((step) => client.step(step)))
      expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
      expect((await livePointer()).sequence).toBe(2 * 2 ** 16 + STEP.rollback)
    })

    test('a step that was not signed, is unknown, or means another publication is refused', async () => {
      expect(await client.step('full')).toMatchObject({ status: 404, json: { error: { code: 'release-missing' } } })
      await publish(1)
      expect(await client.step('rollback')).toMatchObject({ status: 400, json: { error: { code: 'bad-request' } } })
      expect(await client.step('toString')).toMatchObject({ status: 400 })
      const body = { step: 'full', publication: 2 }
      expect(await client.admin('POST', '/channels/main/step', body)).toMatchObject({
        status: 409,
        json: { error: { code: 'conflict' } },
      })
    })

    test('channels, releases and the audit log tell what happened and who did it', async () => {
      await publish(1)
      await publish(2, { activate: 'canary5' })
      await client.step('full')
      expect((await client.admin('GET', '/channels')).json).toMatchObject({
        channels: [
          {
            channel: 'main',
            publication: 2,
            live: 'full',
            steps: ['canary5', 'canary10', 'canary25', 'canary50', 'full', 'rollback'],
          },
        ],
      })
      expect((await client.admin('GET', '/releases')).json).toMatchObject({
        releases: [{ publication: 2 }, { publication: 1 }],
      })
      const { entries } = (await client.admin('GET', '/audit')).json as {
        entries: { action: string; fields: object; position: number }[]
      }
      expect(entries.map(({ action }) => action)).toEqual(['site-registered', 'published', 'published', 'moved'])
      expect(entries[3]?.fields).toMatchObject({ by: 'publisher', from: 'canary5', step: 'full' })
      const later = (await client.admin('GET', `/audit?cursor=${entries[2]?.position}&limit=1`)).json
      expect(later).toMatchObject({ entries: [{ action: 'moved' }], cursor: entries[3]?.position })
    })

    test('a reason given with a move stands in the audit log, a line of text and no more', async () => {
      await publish(1)
      await publish(2, { activate: 'canary5' })
      const move = (body: object) => client.admin('POST', '/channels/main/step', body)
      const reason = 'p = 0.02 on 9,100 sessions – «hold»'
      expect(await move({ step: 'canary10', publication: 2, reason })).toMatchObject({ status: 200 })
      for (const bad of ['', 'two\nlines', 'x'.repeat(301), 7, null])
        expect(await move({ step: 'full', reason: bad })).toMatchObject({ status: 400 })
      expect(await move({ step: 'rollback' })).toMatchObject({ status: 200 })
      const { entries } = (await client.admin('GET', '/audit?cursor=0')).json as { entries: { fields: object }[] }
      expect(entries.slice(-2).map(({ fields }) => fields)).toEqual([
        {
          by: 'publisher',
          channel: 'main',
          publication: 2,
          from: 'canary5',
          step: 'canary10',
          sequence: 2 * 2 ** 16 + STEP.canary10,
          reason,
        },
        {
          by: 'publisher',
          channel: 'main',
          publication: 2,
          from: 'canary10',
          step: 'rollback',
          sequence: 2 * 2 ** 16 + STEP.rollback,
        },
      ])
    })

    test.each([
      ['not JSON', '{'],
      ['an array', '[]'],
      [
        'an unknown key',
        { channel: 'main', publication: 1, objects: ['a'.repeat(64)], pointers: {}, activate: 'full', extra: 1 },
      ],
      [
        'an unknown step',
        { channel: 'main', publication: 1, objects: ['a'.repeat(64)], pointers: { half: {} }, activate: 'full' },
      ],
      [
        'an inherited name',
        { channel: 'main', publication: 1, objects: ['a'.repeat(64)], pointers: { constructor: {} }, activate: 'full' },
      ],
      [
        'no pointer for the active step',
        { channel: 'main', publication: 1, objects: ['a'.repeat(64)], pointers: {}, activate: 'full' },
      ],
      [
        'a path as channel',
        { channel: '../x', publication: 1, objects: ['a'.repeat(64)], pointers: {}, activate: 'full' },
      ],
    ])('a publication that is %s is a bad request', async (_name, body) => {
      const init = {
        method: 'POST',
        headers: { authorization: 'Bearer publish-token-of-the-tests' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }
      expect(await client.send('/publications', init)).toMatchObject({
        status: 400,
        json: { error: { code: 'bad-request' } },
      })
    })

    test('admin routes need a token of scope publish and are not open to other origins', async () => {
      for (const path of ['/channels', '/releases', '/audit']) {
        expect(await client.send(path)).toMatchObject({ status: 401 })
        expect(await client.admin('GET', path, undefined, READ_TOKEN)).toMatchObject({ status: 403 })
        const { headers } = await client.admin('GET', path)
        expect(headers.get('access-control-allow-origin')).toBeNull()
      }
      expect(await new EdgeClient(edge.url, 'nobody').admin('GET', '/channels')).toMatchObject({ status: 401 })
    })

    test('a restart keeps channels, objects and the audit log', async () => {
      const publication = await makePublication(site, key, 1)
      await client.publish(publication)
      edge = await edge.restart()
      client = new EdgeClient(edge.url, site)
      expect(await livePointer()).toEqual(publication.body.pointers.full)
      expect((await client.fetch(`/objects/${publication.body.objects[1]}`)).status).toBe(200)
      expect((await client.admin('GET', '/audit')).json).toMatchObject({
        entries: [{ action: 'site-registered' }, { action: 'published' }],
      })
    })
  })

  collectionConformance(target)
}

function collectionConformance(target: EdgeTarget): void {
  describe(`${target.name}: collection of objects`, () => {
    test('keeps what the last three publications and their rollbacks need, and removes the rest', async () => {
      const key = await createTestKey(1)
      const edge = await target.start({ sites: [await testSite('shop', [key])], gcGraceMs: 0 })
      const client = new EdgeClient(edge.url, 'shop')
      const publications: TestPublication[] = []
      for (let n = 1; n <= 6; n++) {
        const publication = await makePublication('shop', key, n)
        await client.publish(publication)
        publications.push(publication)
      }
      const stray = noise(99, 99)
      await client.upload(await hashOf(stray), stray)
      expect(await client.admin('POST', '/gc')).toMatchObject({ status: 200, json: { removed: 7, kept: 12 } })
      const statusOf = async (n: number) =>
        (await client.fetch(`/objects/${publications[n - 1]?.body.objects[2]}`)).status
      expect(await Promise.all([1, 2, 3, 4, 5, 6].map(statusOf))).toEqual([404, 404, 200, 200, 200, 200])
      expect((await client.fetch(`/objects/${await hashOf(stray)}`)).status).toBe(404)
      await edge.close()
    })

    test('keeps what was uploaded lately for a publication on its way', async () => {
      const edge = await target.start({ sites: [await testSite('shop', [await createTestKey(1)])] })
      const client = new EdgeClient(edge.url, 'shop')
      await client.upload(await hashOf(noise(99, 99)), noise(99, 99))
      expect(await client.admin('POST', '/gc')).toMatchObject({ status: 200, json: { removed: 0 } })
      await edge.close()
    })
  })
}
