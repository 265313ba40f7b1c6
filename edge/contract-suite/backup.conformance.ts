import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { createTestKey, makePublication, READ_TOKEN, type TestKey, testSite } from './test-site.ts'

type Saved = {
  readonly publications: readonly {
    readonly channel: string
    readonly publication: number
    readonly objects: readonly string[]
  }[]
}

/** What every edge promises about saving a site and going on elsewhere. */
export function backupConformance(target: EdgeTarget): void {
  describe(`${target.name}: backup`, () => {
    let key: TestKey
    let old: EdgeClient
    let fresh: EdgeClient
    const edges: RunningEdge[] = []
    const start = async (): Promise<EdgeClient> => {
      const edge = await target.start({ sites: [await testSite('shop', [key])] })
      edges.push(edge)
      return new EdgeClient(edge.url, 'shop')
    }
    const save = async () => (await old.admin('GET', '/backup')).json as Saved // what the edge promises
    const copyObjects = async ({ publications }: Saved) => {
      for (const hash of new Set(publications.flatMap(({ objects }) => objects)))
        await fresh.upload(hash, await (await old.fetch(`/objects/${hash}`)).arrayBuffer())
    }

    beforeAll(async () => {
      key = await createTestKey(1)
      ;[old, fresh] = [await start(), await start()]
      for (let n = 1; n <= 6; n++)
        await old.publish(await makePublication('shop', key, n, n === 6 ? { activate: 'canary10' } : {}))
      await old.publish(await makePublication('shop', key, 1, { channel: 'beta', flavour: 3 }))
    })
    afterAll(() => Promise.all(edges.map((edge) => edge.close())))

    test('names what is live and what a rollback may bring back, with the audit log, to publishers alone', async () => {
      const { publications } = await save()
      expect(publications.map(({ channel, publication }) => `${channel} ${publication}`)).toEqual([
        'beta 1',
        'main 1', // the release that beta shows
        'main 3',
        'main 4',
        'main 5',
        'main 6',
      ])
      expect((await old.admin('GET', '/backup')).json).toMatchObject({
        v: 1,
        audit: [{ action: 'site-registered' }, { action: 'published' }, {}, {}, {}, {}, {}, {}],
      })
      expect([
        (await old.send('/backup')).status,
        (await old.admin('GET', '/backup', undefined, READ_TOKEN)).status,
      ]).toEqual([401, 403])
    })

    test('is refused without its objects, with another signature, or with nonsense, and changes nothing', async () => {
      const backup = await save()
      expect(await fresh.admin('PUT', '/backup', backup)).toMatchObject({
        status: 404,
        json: { error: { code: 'object-missing' } },
      })
      await copyObjects(backup)
      const forged = (await makePublication('shop', await createTestKey(9), 6)).body.pointers
      const publications = backup.publications.map((saved) =>
        saved.publication === 6 ? { ...saved, pointers: forged } : saved,
      )
      expect(await fresh.admin('PUT', '/backup', { v: 1, publications })).toMatchObject({ status: 403 })
      for (const body of [{}, { v: 2, publications: [] }, { v: 1, publications: [{}] }])
        expect(await fresh.admin('PUT', '/backup', body)).toMatchObject({ status: 400 })
      expect((await fresh.send('/channels/main')).status).toBe(404)
    })

    test('brings every channel to where it was, and it goes on from there', async () => {
      const backup = await save()
      await copyObjects(backup)
      expect(await fresh.admin('PUT', '/backup', backup)).toMatchObject({
        status: 201,
        json: { channels: 2, publications: 6 },
      })
      for (const path of ['/channels/main', '/channels/beta'])
        expect((await fresh.send(path)).json).toEqual((await old.send(path)).json)
      expect((await save()).publications).toEqual(((await fresh.admin('GET', '/backup')).json as Saved).publications)
      expect(await fresh.admin('PUT', '/backup', backup)).toMatchObject({
        status: 409,
        json: { error: { code: 'conflict' } },
      })
      expect(await fresh.step('full')).toMatchObject({ status: 200, json: { live: 'full' } })
      expect(await fresh.step('rollback')).toMatchObject({ status: 200, json: { live: 'rollback' } })
      expect((await fresh.publish(await makePublication('shop', key, 7))).status).toBe(201)
      expect((await fresh.admin('GET', '/audit')).json).toMatchObject({
        entries: [
          { action: 'site-registered' },
          { action: 'restored', fields: { by: 'publisher', channels: 2, publications: 6 } },
          {},
          {},
          {},
        ],
      })
    })
  })
}
