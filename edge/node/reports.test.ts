import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { HIST_PRIME } from '#contract/feedback/chance'
import { EPOCH_MS, epochOf, type Plan } from '#contract/feedback/plan'
import { encodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { Seed } from '#contract/feedback/seeds'
import { expandSeed } from '#contract/feedback/sums'
import { EdgeClient } from '../contract-suite/edge-client.ts'
import { publishPlan } from '../contract-suite/reports.conformance.ts'
import { createTestKey, type TestKey, testSite } from '../contract-suite/test-site.ts'
import type { Clock } from '../core/ports.ts'
import { KEPT_EPOCHS, type SumKey } from '../core/sum-store.ts'
import { createNodeEdge, type NodeEdge } from './node-edge.ts'
import { SumDatabase } from './sum-database.ts'

const AGENT = 'Mozilla/5.0 (audit-agent-7331)'
const PLAN: Plan = { ...samplePlan(), epochFrom: 2_900, epochTo: 3_000 }
const NOW = 2_950 * EPOCH_MS + 1_000
const dirs: string[] = []

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

class TestClock implements Clock {
  at = NOW
  now = (): number => this.at
  seconds = (): number => performance.now() / 1_000
}

async function start(dataDir: string, key: TestKey, clock: Clock): Promise<NodeEdge> {
  return createNodeEdge({ dataDir, clock, sites: [await testSite('shop', [key])], trustedProxies: ['127.0.0.0/8'] })
}

async function open(): Promise<{ edge: NodeEdge; key: TestKey; dir: string; clock: TestClock; planTag: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'reports-'))
  dirs.push(dir)
  const [key, clock] = [await createTestKey(9), new TestClock()]
  const edge = await start(dir, key, clock)
  const planTag = (await publishPlan(new EdgeClient(edge.url, 'shop'), { site: 'shop', key, plan: PLAN })).slice(0, 16)
  return { edge, key, dir, clock, planTag }
}

function seeds(count: number, qid: number, salt: number): Seed[] {
  const word = chachaWords(chachaState([salt, qid]))
  const draw = (): number => (qid === 3 || qid === 4 ? 1 + (word() % (HIST_PRIME - 1)) : word())
  return Array.from({ length: count }, () => ({ hi: draw(), lo: draw() }))
}

describe('reports at the edge', () => {
  test('end as sums in stripes, equal to what the seeds say, and nothing else stays', async () => {
    const { edge, key, dir, clock, planTag } = await open()
    const client = new EdgeClient(edge.url, 'shop')
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
        await client.report(encodeReport({ planTag, qid, seed }), address, { 'user-agent': AGENT })
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
    const sums = await new EdgeClient(again.url, 'shop').sums()
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
  })
})

describe('SumDatabase', () => {
  const key = (stripe: number, epoch = 5): SumKey => ({ site: 'shop', plan: 'p', epoch, qid: 1, stripe })
  const open = () => {
    const dir = mkdtempSync(join(tmpdir(), 'sums-'))
    dirs.push(dir)
    return new SumDatabase(join(dir, 'sums.db'))
  }
  const add = (sums: SumDatabase, of: SumKey, count: number) => {
    for (let i = 0; i < count; i++) sums.add(of, Float64Array.of(1, 2))
  }

  test('writes a sum only after it gained 20 reports since it was written last', async () => {
    const sums = open()
    const counts: number[] = []
    for (let reports = 0; reports < 60; reports++) {
      add(sums, key(1), 1)
      await sums.flush(5)
      counts.push((await sums.totals('shop')).reports)
    }
    expect([...new Set(counts)]).toEqual([0, 20, 40, 60])
    expect(await sums.read('shop')).toMatchObject([{ stripe: 1, count: 60, sum: Float64Array.of(60, 120) }])
    expect(await sums.totals('elsewhere')).toEqual({ sums: 0, reports: 0 })
    sums.close()
  })

  test('merges the rests of an ended epoch and deletes sums 90 days after theirs', async () => {
    const sums = open()
    for (let stripe = 0; stripe < 3; stripe++) add(sums, key(stripe), 8)
    await sums.flush(6)
    expect(await sums.totals('shop')).toEqual({ sums: 1, reports: 24 })
    await sums.flush(5 + KEPT_EPOCHS)
    expect(await sums.totals('shop')).toEqual({ sums: 1, reports: 24 })
    await sums.flush(5 + KEPT_EPOCHS + 1)
    expect(await sums.read('shop')).toEqual([])
    expect(KEPT_EPOCHS * 7).toBeGreaterThanOrEqual(90)
    sums.close()
  })
})
