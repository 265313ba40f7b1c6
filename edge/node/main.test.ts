import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EdgeClient, testBatch } from '../contract-suite/edge-client.ts'
import { createTestKey, makePublication, PUBLISH_TOKEN, testSite } from '../contract-suite/test-site.ts'
import { type EdgeProcess, startEdgeProcess } from './edge-process.conformance.ts'

const KILLS = 5
const ACKS_BEFORE_KILL = 1_200
const SENDERS = 1_200
const IN_FLIGHT = 1_000

let dir: string
let args: string[]

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edge-main-'))
  writeFileSync(join(dir, 'sites.json'), JSON.stringify([await testSite('shop', [await createTestKey(1)])]))
  args = ['--data-dir', join(dir, 'data'), '--sites-file', join(dir, 'sites.json')]
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

type Sending = { readonly acked: readonly string[]; readonly inFlightAtKill: number }

/**
 * Sends batches without a pause from many senders, each with one unacknowledged batch at a time, and kills the edge once enough were
 * acknowledged and enough are in flight.
 */
async function sendUntilKilled(edge: EdgeProcess, run: number): Promise<Sending> {
  const client = new EdgeClient(edge.url, 'shop')
  const acked: string[] = []
  let [next, inFlight, inFlightAtKill] = [0, 0, 0]
  const sender = async () => {
    for (;;) {
      const batch = `run${run}-${next++}`
      inFlight++
      const answer = await client.events(testBatch(batch, 5)).catch(() => undefined)
      inFlight--
      if (answer === undefined) return
      if (answer.status === 200) acked.push(batch)
      if (inFlightAtKill === 0 && acked.length >= ACKS_BEFORE_KILL && inFlight >= IN_FLIGHT) {
        inFlightAtKill = inFlight
        edge.child.kill('SIGKILL')
      }
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return { acked, inFlightAtKill }
}

describe('the edge as a process', () => {
  test('kill -9 with 1,000 batches in flight, five times, loses no acknowledged batch', async () => {
    const acked: string[] = []
    const inFlight: number[] = []
    for (let run = 0; run < KILLS; run++) {
      const edge = await startEdgeProcess(args)
      const sending = await sendUntilKilled(edge, run)
      acked.push(...sending.acked)
      inFlight.push(sending.inFlightAtKill)
      await edge.stop('SIGKILL')
    }
    expect(Math.min(...inFlight)).toBeGreaterThanOrEqual(IN_FLIGHT)
    const edge = await startEdgeProcess(args)
    const client = new EdgeClient(edge.url, 'shop')
    const counts = new Map<string, number>()
    for (const { batch } of await client.exportAll()) counts.set(batch, (counts.get(batch) ?? 0) + 1)
    expect(acked.length).toBeGreaterThanOrEqual(KILLS * ACKS_BEFORE_KILL)
    expect(acked.filter((batch) => counts.get(batch) !== 5)).toEqual([])
    expect([...counts.values()].every((count) => count === 5)).toBe(true)
    expect(await client.events(testBatch(acked[0] ?? '', 5))).toMatchObject({ json: { status: 'duplicate' } })
    await edge.stop('SIGTERM')
  })

  test('a publisher that is cut off by kill -9 finds a whole channel and may simply repeat itself', async () => {
    const key = await createTestKey(1)
    const publication = await makePublication('shop', key, 1)
    const first = await startEdgeProcess(args)
    await new EdgeClient(first.url, 'shop').uploadAll(publication)
    const pending = new EdgeClient(first.url, 'shop')
      .admin('POST', '/publications', publication.body)
      .catch(() => undefined)
    await first.stop('SIGKILL')
    await pending
    const second = await startEdgeProcess(args)
    const client = new EdgeClient(second.url, 'shop')
    const before = await client.send('/channels/main')
    expect(
      before.status === 404 ||
        (before.json as { signature: string }).signature === publication.body.pointers.full?.signature,
    ).toBe(true)
    expect([200, 201]).toContain((await client.admin('POST', '/publications', publication.body)).status)
    expect((await client.send('/channels/main')).json).toEqual(publication.body.pointers.full)
    await second.stop('SIGKILL')
  })

  test('SIGTERM answers what is under way, then ends with status 0', async () => {
    const edge = await startEdgeProcess(args)
    const client = new EdgeClient(edge.url, 'shop')
    expect((await client.events(testBatch('warm', 1))).status).toBe(200)
    let finish: () => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const text = new TextEncoder().encode(JSON.stringify(testBatch('under-way', 5)))
        controller.enqueue(text.slice(0, 20))
        finish = () => {
          controller.enqueue(text.slice(20))
          controller.close()
        }
      },
    })
    const request = client.send('/events', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit)
    await client.events(testBatch('later', 1)) // by now the first half has arrived
    const stopped = edge.stop('SIGTERM')
    await expect
      .poll(() =>
        client.events(testBatch('too-late', 1)).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused')
    finish()
    expect(await request).toMatchObject({ status: 200, json: { status: 'stored', accepted: 5 } })
    expect(await stopped).toBe(0)
    const again = await startEdgeProcess(args)
    expect((await new EdgeClient(again.url, 'shop').exportAll()).map(({ batch }) => batch)).toContain('under-way')
    await again.stop('SIGTERM')
  })

  test('SIGHUP reads the sites again: a revoked token stops working, a bad file changes nothing', async () => {
    const edge = await startEdgeProcess(args)
    const client = new EdgeClient(edge.url, 'shop')
    const file = join(dir, 'sites.json')
    const statusOf = () => client.admin('GET', '/channels', undefined, PUBLISH_TOKEN).then(({ status }) => status)
    expect(await statusOf()).toBe(200)
    writeFileSync(file, '[{"name": "shop", "keys": ["short"], "tokens": []}]')
    const refused = new Promise<void>((resolve) =>
      edge.child.stderr?.on('data', (chunk) => String(chunk).includes('sites-refused') && resolve()),
    )
    edge.child.kill('SIGHUP')
    await refused
    expect(await statusOf()).toBe(200)
    writeFileSync(file, '[{"name": "shop", "keys": [], "tokens": []}]')
    edge.child.kill('SIGHUP')
    await expect.poll(statusOf).toBe(401)
    await edge.stop('SIGTERM')
  })

  test('ends when its standard input ends, if asked to', async () => {
    const edge = await startEdgeProcess([...args, '--stop-with-stdin'])
    const ended = new Promise((resolve) => edge.child.once('exit', resolve))
    edge.child.stdin?.end()
    expect(await ended).toBe(0)
  })

  test.each([
    [['--port', 'x'], 'config-invalid'],
    [['--static', 'nonsense'], 'config-invalid'],
    [['--static', '/=/does/not/exist'], 'input-missing'],
    [['--trusted-proxy', 'everyone'], 'config-invalid'],
    [['--unknown'], 'config-invalid'],
    [['--sites-file', '/does/not/exist.json'], 'input-missing'],
  ])('%j is refused with %s before anything listens', async (more, code) => {
    await expect(startEdgeProcess([...args, ...more])).rejects.toThrow(new RegExp(`^${code}: `, 'm'))
  })
})
