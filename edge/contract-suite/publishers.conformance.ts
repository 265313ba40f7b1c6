import { describe, expect, test } from 'vitest'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget } from './edge-target.ts'
import {
  createTestKey,
  hashOf,
  makePublication,
  PUBLISH_TOKEN,
  type TestKey,
  type TestPublication,
  testSite,
} from './test-site.ts'

/** What every edge promises when keys change and when publishers die. */
export function publishersConformance(target: EdgeTarget): void {
  rotationConformance(target)
  interruptionConformance(target)
}

function rotationConformance(target: EdgeTarget): void {
  describe(`${target.name}: rotation of keys`, () => {
    test('an old key signs until the new one has taken over, and no longer; what it signed stays and rolls back', async () => {
      const [old, fresh] = [await createTestKey(1), await createTestKey(2)]
      const withKeys = async (...keys: TestKey[]) => ({ sites: [await testSite('shop', keys)] })
      const publish = async (key: TestKey, n: number) =>
        (await new EdgeClient(edge.url, 'shop').publish(await makePublication('shop', key, n))).status
      let edge = await target.start(await withKeys(old))
      expect([await publish(old, 1), await publish(fresh, 2)]).toEqual([201, 403])
      edge = await edge.restart(await withKeys(old, fresh))
      expect([await publish(fresh, 2), await publish(old, 3)]).toEqual([201, 201])
      edge = await edge.restart(await withKeys(fresh))
      const client = new EdgeClient(edge.url, 'shop')
      const signed = (await makePublication('shop', old, 3)).body.pointers
      expect((await client.send('/channels/main')).json).toEqual(signed.full)
      expect((await client.step('rollback')).status).toBe(200)
      expect((await client.send('/channels/main')).json).toEqual(signed.rollback)
      expect([await publish(old, 4), await publish(fresh, 4)]).toEqual([403, 201])
      await edge.close()
    })
  })
}

/** Every call of a publisher in its order; after any of them it may die, or in the middle of an upload. */
function callsOf(client: EdgeClient, { bodies, body }: TestPublication): (() => Promise<unknown>)[] {
  const half = (bytes: Uint8Array<ArrayBuffer>) => async () => {
    const abort = new AbortController()
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length / 2)),
    })
    const headers = { authorization: `Bearer ${PUBLISH_TOKEN}` }
    const init = { method: 'PUT', headers, body: stream, duplex: 'half', signal: abort.signal } as RequestInit // `duplex` is undici's
    const sent = client.fetch(`/objects/${await hashOf(bytes)}`, init).catch(() => undefined)
    await client.fetch('/channels/main') // by now the first half is on its way
    abort.abort()
    await sent
  }
  const uploads = bodies.flatMap((bytes) => [half(bytes), async () => client.upload(await hashOf(bytes), bytes)])
  return [
    () => client.admin('POST', '/objects/missing', { hashes: body.objects }),
    ...uploads,
    () => client.admin('POST', '/publications', body),
  ]
}

function interruptionConformance(target: EdgeTarget): void {
  describe(`${target.name}: a publisher that dies`, () => {
    test('after any of its calls leaves a channel that is whole, and the next one simply publishes', async () => {
      const key = await createTestKey(1)
      let edge = await target.start({ sites: [await testSite('shop', [key])], gcGraceMs: 0 })
      const first = await makePublication('shop', key, 1)
      await new EdgeClient(edge.url, 'shop').publish(first)
      let live: unknown = first.body.pointers.full
      const calls = 8
      for (let died = 1; died <= calls; died++) {
        const client = new EdgeClient(edge.url, 'shop')
        const publication = await makePublication('shop', key, died + 1)
        for (const call of callsOf(client, publication).slice(0, died)) await call()
        const isDone = died === calls
        if (isDone) live = publication.body.pointers.full
        expect((await client.send('/channels/main')).json).toEqual(live)
        // Nothing that is half there is handed out, and cleaning up meanwhile does no harm.
        for (const bytes of publication.bodies) {
          const found = await client.fetch(`/objects/${await hashOf(bytes)}`)
          expect(found.status === 404 || (await found.arrayBuffer()).byteLength === bytes.length).toBe(true)
        }
        if (died % 3 === 0) await client.admin('POST', '/gc')
        if (died % 4 === 0) edge = await edge.restart()
        expect([200, 201]).toContain((await new EdgeClient(edge.url, 'shop').publish(publication)).status)
        live = publication.body.pointers.full
      }
      await edge.close()
    })
  })
}
