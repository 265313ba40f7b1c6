import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { HIST_PRIME } from '#contract/feedback/chance'
import { EPOCH_MS, encodePlan, epochOf, type Plan } from '#contract/feedback/plan'
import { encodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { Seed } from '#contract/feedback/seeds'
import { expandSeed } from '#contract/feedback/sums'
import { EdgeClient } from '../contract-suite/edge-client.ts'
import {
  createTestKey,
  hashOf,
  makePublication,
  READ_TOKEN,
  type TestKey,
  testSite,
} from '../contract-suite/test-site.ts'
import type { Clock } from '../core/ports.ts'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'

const AGENT = 'Mozilla/5.0 (audit-agent-7331)'
const PLAN: Plan = { ...samplePlan(), epochFrom: 2_900, epochTo: 3_000 }
const NOW = 2_950 * EPOCH_MS + 1_000
const dirs: string[] = []

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

type StoredSum = { plan: string; epoch: number; qid: number; stripe: number; count: number; sum: number[] }

class TestClock implements Clock {
  at = NOW
  now = (): number => this.at
  seconds = (): number => performance.now() / 1_000
}

async function start(dataDir: string, key: TestKey, clock: Clock): Promise<NodeEdge> {
  return createNodeEdge({ dataDir, clock, sites: [await testSite('shop', [key])], trustedProxies: ['127.0.0.0/8'] })
}

async function publishPlan(edge: NodeEdge, key: TestKey): Promise<string> {
  const manifest = new TextEncoder().encode(JSON.stringify({ v: 1, feedback: { plan: PLAN } }))
  const hash = await hashOf(manifest)
  const base = await makePublication('shop', key, 1)
  const full = base.body.pointers.full
  if (full === undefined) throw new Error('a first publication has a full step')
  const { keyId: _id, signature: _signature, ...pointer } = full
  const pointers = { full: await key.sign({ ...pointer, manifest: hash }) }
  const client = new EdgeClient(edge.url, 'shop')
  const answer = await client.publish({
    bodies: [manifest],
    body: { ...base.body, objects: [hash], pointers },
  })
  expect(answer.status).toBeLessThan(300)
  return hashOf(new TextEncoder().encode(encodePlan(PLAN)))
}

async function open(): Promise<{ edge: NodeEdge; key: TestKey; dir: string; clock: TestClock; planTag: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'reports-'))
  dirs.push(dir)
  const [key, clock] = [await createTestKey(9), new TestClock()]
  const edge = await start(dir, key, clock)
  const planTag = (await publishPlan(edge, key)).slice(0, 16)
  return { edge, key, dir, clock, planTag }
}

type Sent = { status: number | undefined; headers: NodeJS.Dict<string | string[]>; text: string }

/** One request as a browser sends it, from an address of our choice. */
function send(url: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/v1/sites/shop/r`,
      { method: 'POST', headers: { 'user-agent': AGENT, ...headers } },
      (reply) => {
        let text = ''
        reply.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, text }))
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

async function sumsOf(edge: NodeEdge): Promise<StoredSum[]> {
  const { json } = await new EdgeClient(edge.url, 'shop').admin('GET', '/sums', undefined, READ_TOKEN)
  return (json as { sums: StoredSum[] }).sums
}

function seeds(count: number, qid: number, salt: number): Seed[] {
  const word = chachaWords(chachaState([salt, qid]))
  const draw = (): number => (qid === 3 || qid === 4 ? 1 + (word() % (HIST_PRIME - 1)) : word())
  return Array.from({ length: count }, () => ({ hi: draw(), lo: draw() }))
}

describe('reports at the edge', () => {
  test('end as sums in stripes, equal to what the seeds say, and nothing else stays', async () => {
    const { edge, key, dir, clock, planTag } = await open()
    const expected = new Map<number, Float64Array>()
    const sent: Seed[] = []
    for (const { qid, type, size } of PLAN.questions.slice(0, 5)) {
      const total = new Float64Array(type === 'bin' ? 1 : size)
      for (const [i, seed] of seeds(2_000, qid, 5).entries()) {
        sent.push(seed)
        expandSeed({ type, size, epsilon: 2 }, seed).forEach((value, d) => {
          total[d] = (total[d] ?? 0) + value
        })
        const address = `203.${qid}.${Math.floor(i / 30)}.7`
        await send(edge.url, encodeReport({ planTag, qid, seed }), { 'x-forwarded-for': address })
      }
      expected.set(qid, total)
    }
    await edge.close()
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const stored = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
    for (const text of [
      '203.1.',
      'audit-agent',
      '127.0.0.1',
      String(NOW),
      String(Math.floor(NOW / 1_000)),
      'x-forwarded-for',
    ])
      expect(stored.includes(text), text).toBe(false)
    for (const seed of sent.filter((_, i) => i % 50 === 0)) {
      const bytes = Buffer.from(encodeReport({ planTag, qid: 0, seed }).subarray(12, 20))
      expect(stored.includes(bytes)).toBe(false)
      expect(stored.includes(bytes.toString('hex'))).toBe(false)
    }
    const again = await start(dir, key, clock)
    const sums = await sumsOf(again)
    await again.close()
    for (const [qid, total] of expected) {
      const mine = sums.filter((sum) => sum.qid === qid)
      expect(mine.every(({ epoch, count }) => epoch === epochOf(NOW) && count >= 20)).toBe(true)
      expect(new Set(mine.map(({ stripe }) => stripe)).size).toBeGreaterThanOrEqual(12)
      const count = mine.reduce((sum, part) => sum + part.count, 0)
      expect(count).toBe(2_000)
      const whole = total.map((_, d) => mine.reduce((sum, part) => sum + (part.sum[d] ?? 0), 0))
      for (const [d, value] of whole.entries()) expect(Math.abs(value - (total[d] ?? 0))).toBeLessThan(1e-9)
    }
  }, 120_000)

  test('get one answer, accepted, capped or malformed', async () => {
    const { edge, planTag } = await open()
    const good = encodeReport({ planTag, qid: 1, seed: { hi: 1, lo: 2 } })
    const bodies = [
      good,
      good.subarray(1),
      new Uint8Array(33),
      new Uint8Array(0),
      encodeReport({ planTag: 'f'.repeat(16), qid: 1, seed: { hi: 1, lo: 2 } }),
      encodeReport({ planTag, qid: 99, seed: { hi: 1, lo: 2 } }),
      encodeReport({ planTag, qid: 3, seed: { hi: 0, lo: 2 } }),
    ]
    const answers: string[] = []
    for (const body of bodies) {
      const { status, headers, text } = await send(edge.url, body)
      const { date: _date, ...rest } = headers
      answers.push(JSON.stringify({ status, rest, text }))
    }
    for (let i = 0; i < 70; i++) await send(edge.url, good)
    const { status, headers, text } = await send(edge.url, good, { 'sec-gpc': '1' })
    const { date: _date, ...rest } = headers
    answers.push(JSON.stringify({ status, rest, text }))
    expect(new Set(answers).size).toBe(1)
    expect(status).toBe(204)
    expect(text).toBe('')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['set-cookie']).toBeUndefined()
    await edge.close()
  })

  test('of one network count 64 a day, and none with a privacy signal', async () => {
    const { edge, key, dir, clock, planTag } = await open()
    const report = encodeReport({ planTag, qid: 2, seed: { hi: 1, lo: 2 } })
    for (let i = 0; i < 100; i++) await send(edge.url, report, { 'x-forwarded-for': `198.51.100.${i}` })
    for (const headers of [{ 'sec-gpc': '1' }, { dnt: '1' }] as Record<string, string>[])
      for (let i = 0; i < 100; i++) await send(edge.url, report, { 'x-forwarded-for': `192.0.2.${i}`, ...headers })
    await edge.close()
    const again = await start(dir, key, clock)
    const sums = await sumsOf(again)
    expect(sums.map(({ count }) => count)).toEqual([64])
    await again.close()
  })

  test('of less than 20 a stripe are never written', async () => {
    const { edge, key, dir, clock, planTag } = await open()
    for (let i = 0; i < 19; i++)
      await send(edge.url, encodeReport({ planTag, qid: 2, seed: { hi: i, lo: 2 } }), {
        'x-forwarded-for': '198.51.100.7',
      })
    await edge.close()
    const again = await start(dir, key, clock)
    expect(await sumsOf(again)).toEqual([])
    await again.close()
  })
})
