import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodePlan, epochOf, type Plan } from '#contract/feedback/plan'
import { encodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import { expandSeed } from '#contract/feedback/sums'
import { EdgeClient } from './edge-client.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { createTestKey, hashOf, makeManifestPublication, READ_TOKEN, type TestKey, testSite } from './test-site.ts'

const EPOCH = epochOf(Date.now())
const SITES = ['shop', 'capped', 'few', 'answers', 'signals', 'other']
const NETWORKS = 60
const PER_NETWORK = 7

/** A plan of this week; another `epochTo` makes another plan. */
const planTo = (epochTo: number): Plan => ({ ...samplePlan(), epochFrom: EPOCH - 9, epochTo })

/** Publishes a plan on a channel of a site. @returns The plan's hash. */
export async function publishPlan(
  client: EdgeClient,
  place: { site: string; key: TestKey; plan: Plan },
): Promise<string> {
  const { site, key, plan } = place
  const channel = `plan-${plan.epochTo}`
  const answer = await client.publish(await makeManifestPublication(site, key, { v: 1, feedback: { plan } }, channel))
  if (answer.status !== 201) throw new Error(`the plan was refused with ${answer.status}`)
  return hashOf(new TextEncoder().encode(encodePlan(plan)))
}

/** What every edge promises about reports in aggregate mode. */
export function reportsConformance(target: EdgeTarget): void {
  describe(`${target.name}: reports`, () => {
    let edge: RunningEdge
    let plan: string
    let ended: string
    const clientOf = (site: string) => new EdgeClient(edge.url, site)
    const seed = { hi: 7, lo: 1_234_567 }
    const report = (qid: number, of = plan) => encodeReport({ planTag: of.slice(0, 16), qid, seed })

    beforeAll(async () => {
      const key = await createTestKey(1)
      const sites = await Promise.all(SITES.map((site) => testSite(site, [key])))
      edge = await target.start({ sites, trustedProxies: ['127.0.0.0/8'] })
      for (const site of SITES) {
        plan = await publishPlan(clientOf(site), { site, key, plan: planTo(EPOCH + 9) })
        ended = await publishPlan(clientOf(site), { site, key, plan: planTo(EPOCH - 2) })
      }
    })
    afterAll(() => edge.close())

    test('end as sums in stripes that are what the seeds say', { timeout: 60_000 }, async () => {
      for (const qid of [1, 3, 5]) {
        const addresses = Array.from({ length: NETWORKS }, (_, i) => `203.${qid}.${i}.7`)
        for (let i = 0; i < PER_NETWORK; i++)
          await Promise.all(addresses.map((address) => clientOf('shop').report(report(qid), address)))
      }
      edge = await edge.restart()
      const sums = await clientOf('shop').sums()
      for (const qid of [1, 3, 5]) {
        const { type, size } = planTo(EPOCH).questions.find((question) => question.qid === qid) ?? {
          type: 'bin',
          size: 2,
        }
        const vector = [...expandSeed({ type, size, epsilon: 2 }, seed)]
        const mine = sums.filter((sum) => sum.qid === qid)
        expect(new Set(mine.map(({ stripe }) => stripe)).size).toBeGreaterThan(2)
        for (const { plan: hash, epoch, stripe, count, sum } of mine) {
          expect([hash, epoch]).toEqual([plan, EPOCH])
          expect(stripe >= 0 && stripe < 16 && count >= 20).toBe(true)
          expect(sum).toHaveLength(vector.length)
          sum.forEach((value, d) => {
            expect(Math.abs(value - count * (vector[d] ?? 0))).toBeLessThan(1e-9)
          })
        }
        const total = mine.reduce((all, { count }) => all + count, 0)
        expect(total).toBeLessThanOrEqual(NETWORKS * PER_NETWORK)
        expect(total).toBeGreaterThan(NETWORKS * PER_NETWORK - 16 * 20)
      }
      expect(await clientOf('other').sums()).toEqual([])
    })

    test('of one network, a /24, count 64 a day', async () => {
      for (let i = 0; i < 100; i++) await clientOf('capped').report(report(2), `198.51.100.${i}`)
      edge = await edge.restart()
      const sums = await clientOf('capped').sums()
      expect(sums).toHaveLength(1)
      expect([60, 61, 62, 63, 64]).toContain(sums[0]?.count)
    })

    test('of less than 20 in a stripe are never handed out', async () => {
      for (let i = 0; i < 19; i++) await clientOf('few').report(report(2), '198.51.100.7')
      edge = await edge.restart()
      expect(await clientOf('few').sums()).toEqual([])
    })

    test('get one answer, accepted, capped, malformed or for nobody, and only well-formed ones of a current plan count', async () => {
      const client = clientOf('answers')
      const changed = (at: number, value: number) => Uint8Array.from(report(2), (byte, i) => (i === at ? value : byte))
      const refused = [
        report(2).slice(1),
        new Uint8Array(33),
        new Uint8Array(0),
        changed(0, 2),
        changed(1, 1),
        changed(11, 1),
        changed(20, 1),
        changed(31, 255),
        report(99),
        report(2, 'f'.repeat(64)),
        report(2, ended),
        encodeReport({ planTag: plan.slice(0, 16), qid: 3, seed: { hi: 0, lo: 2 } }),
      ]
      const answers = new Set<string>()
      const note = async (sent: ReturnType<EdgeClient['report']>) => {
        const { status, headers, json } = await sent
        const constant = [...headers].filter(([name]) => name !== 'date')
        answers.add(JSON.stringify({ status, headers: constant, json }))
      }
      for (const body of refused) for (let i = 0; i < 21; i++) await note(client.report(body, '198.51.100.7'))
      await note(clientOf('nobody').report(report(2), '198.51.100.7'))
      edge = await edge.restart()
      expect(await clientOf('answers').sums()).toEqual([])
      for (let i = 0; i < 70; i++) await note(clientOf('answers').report(report(2), '198.51.100.7'))
      expect([...answers].map((answer) => (JSON.parse(answer) as { status: number }).status)).toEqual([204])
      const [headers] = [...answers].map((answer) => (JSON.parse(answer) as { headers: [string, string][] }).headers)
      expect(headers).toContainEqual(['cache-control', 'no-store'])
      expect(headers?.map(([name]) => name)).not.toContain('set-cookie')
    })

    test.each(['Sec-GPC', 'DNT'])(
      'with %s: 1 are answered before their body is read, and do not count',
      async (signal) => {
        const client = clientOf('signals')
        for (let i = 0; i < 40; i++) await client.report(report(2), '198.51.100.7', { [signal]: '1' })
        const head = `POST /v1/sites/signals/r HTTP/1.1\r\nHost: edge\r\nContent-Length: 32\r\n${signal}: 1\r\n\r\n`
        expect(await firstAnswer(edge.url, head)).toMatch(/^HTTP\/1\.1 204 /)
        edge = await edge.restart()
        expect(await clientOf('signals').sums()).toEqual([])
      },
    )

    test('are pulled with a token of scope read, from no other origin', async () => {
      const client = clientOf('shop')
      expect(await client.send('/sums')).toMatchObject({ status: 401 })
      expect(await client.admin('GET', '/sums')).toMatchObject({ status: 403 })
      const { status, headers, json } = await client.admin('GET', '/sums', undefined, READ_TOKEN)
      expect([status, headers.get('cache-control'), headers.get('access-control-allow-origin')]).toEqual([
        200,
        'no-store',
        null,
      ])
      expect(Object.keys(json as object)).toEqual(['v', 'sums'])
    })
  })
}

/** Sends the head of a request and nothing after it. @returns The first bytes of the answer. */
function firstAnswer(url: string, head: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(head))
    socket.once('error', reject)
    socket.once('data', (chunk) => {
      resolve(String(chunk))
      socket.destroy()
    })
  })
}
