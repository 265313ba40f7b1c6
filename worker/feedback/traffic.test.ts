import { afterAll, beforeAll, expect, test } from 'vitest'
import { REPORT_BYTES } from '#contract/feedback/report'
import { seededWords } from '#worker/core/feedback/seeded-words.conformance'
import { askingRelease, consent, DAY_MS, openAsking } from '../testing/asking-page.ts'
import { type Captured, type EdgeWire, layEdgeWire } from '../testing/edge-wire.ts'
import { value } from '../testing/page.ts'
import { ManualTimers, TestBrowser } from '../testing/test-deps.ts'
import type { TinyRelease } from '../testing/tiny-release.ts'

const DEVICES = 10
const SESSIONS = 100
const LOOK_MS = 900_000
/** When a page looks whether a report is due, first and again. */
const LOOKS_MS: readonly number[] = [30_000, LOOK_MS]
const HOUR_MS = 3_600_000

/** All that a report's request may carry; Node's own fetch sets each of them. */
const HEADERS = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-length',
  'host',
  'pragma',
  'sec-fetch-mode',
  'user-agent',
]

/** Text ids that are numbers as well, too large for any to turn up in padding. */
const idOf = (itemNo: number): string => `${3_000_000_019 + 7_919 * itemNo}`
const IDS = Array.from({ length: 120 }, (_, itemNo) => idOf(itemNo))

type Post = Captured & { readonly device: number; readonly sentAt: number; readonly writtenAt: number }

let wire: EdgeWire
let release: TinyRelease
let posts: readonly Post[]
/** What was asked of the edge besides. */
let others: readonly { readonly method: string; readonly body: string }[]

beforeAll(async () => {
  wire = await layEdgeWire()
  release = await askingRelease(idOf)
  const lives = []
  for (let device = 0; device < DEVICES; device++) lives.push(await live(device))
  posts = lives.flatMap((one) => one.posts)
  others = lives.flatMap((one) => one.others)
})
afterAll(() => wire.close())

/** A page of a device that reports over the wire, looks whether a report is due when it is told to, and waits for the answer. */
async function openDevice(seed: number, browser = new TestBrowser()) {
  const words = seededWords(seed)
  let looks = 0
  const timers = new ManualTimers()
  const page = await openAsking({
    release,
    browser,
    world: (edge) => ({
      timers,
      // Polling for releases and the engines have nothing to say here.
      after: (delayMs, run) => (LOOKS_MS.includes(delayMs) ? timers.after(delayMs, run) : () => undefined),
      random: () => words() / 2 ** 32,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => words() & 255),
      fetch: (url, init) =>
        url.endsWith('/r') ? fetch(url.replace('https://edge.test', wire.url), init) : edge.fetch(url, init),
      exclusive: async (name, run) => {
        const result = await browser.exclusive(name, run)
        if (name.startsWith('pocketshelf:feedback')) looks++
        return result
      },
    }),
  })
  const { deps } = page
  /** @returns What was sent by it. */
  const look = async (ms = LOOK_MS): Promise<readonly Captured[]> => {
    const [seen, before] = [wire.captured.length, looks]
    deps.timers.advance(ms)
    while (looks === before) await new Promise((resolve) => setImmediate(resolve))
    return wire.captured.slice(seen)
  }
  return { ...page, words, look }
}

/** One device over 100 days with a session each, whose page looks every quarter of an hour whether a report is due. */
async function live(device: number) {
  const { engine, deps, edge, browser, words, visit, look } = await openDevice(100 + device)
  value(await engine.setConsent(consent(deps, 'aggregate')))
  const found: Post[] = []
  const written = new Map<string, number>()
  for (let session = 0; session < SESSIONS; session++) {
    const at = words() % 96
    for (let quarter = 0; quarter < 96; quarter++) {
      deps.now += LOOK_MS
      if (quarter === at) await visit()
      const sent = await look()
      const latest = await browser.stores.feedback.update(({ debits }) => ({ value: debits.at(-1)?.hex ?? '' }))
      if (!written.has(latest)) written.set(latest, deps.now)
      for (const request of sent) {
        const writtenAt = written.get(request.body.toString('hex')) ?? Number.NaN
        found.push({ ...request, device, sentAt: deps.now, writtenAt })
      }
    }
  }
  await engine.stop()
  return { posts: found, others: edge.requests }
}

/** The forms in which a request could carry an item's id. */
function formsOf(id: string): readonly Buffer[] {
  const texts = [id, Buffer.from(id).toString('hex'), Buffer.from(id).toString('base64').replace(/=+$/, '')]
  const number = Number(id)
  const numbers = Array.from({ length: 4 }, () => Buffer.alloc(8))
  numbers[0]?.writeUInt32LE(number)
  numbers[1]?.writeUInt32BE(number)
  numbers[2]?.writeBigUInt64LE(BigInt(number))
  numbers[3]?.writeBigUInt64BE(BigInt(number))
  const hex = number.toString(16)
  return [
    ...texts.flatMap((text) => [
      Buffer.from(text),
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'utf16le').swap16(),
    ]),
    Buffer.from(hex),
    Buffer.from(hex.toUpperCase()),
    ...numbers.map((bytes, i) => (i < 2 ? bytes.subarray(0, 4) : bytes)),
  ]
}

const FORMS = IDS.flatMap(formsOf)

function namesAnItem({ path, headers, body }: Pick<Captured, 'path' | 'headers' | 'body'>): boolean {
  const whole = Buffer.concat([Buffer.from(JSON.stringify([path, headers])), body])
  return FORMS.some((form) => whole.includes(form))
}

test('of 1,000 sessions nothing leaves but POSTs of 32 bytes to one address, and all get one answer', () => {
  expect(posts.length).toBeGreaterThan(150)
  expect(posts).toHaveLength(wire.captured.length)
  for (const { method, path, body, answer } of posts) {
    expect([method, path, body.length]).toEqual(['POST', '/v1/sites/shop/r', REPORT_BYTES])
    expect(answer).toMatchObject({ status: 204, bytes: 0 })
    expect(answer.headers).not.toContain('set-cookie')
  }
  expect(new Set(others.map(({ method, body }) => `${method} ${body}`))).toEqual(new Set(['GET ']))
})

test('their headers are those that every fetch has, without cookie, referrer or type', () => {
  for (const { headers } of posts)
    expect(headers.map(([name]) => name).filter((name) => !HEADERS.includes(name))).toEqual([])
  expect(new Set(posts.map(({ headers }) => JSON.stringify(headers))).size).toBe(1)
})

test('no item id is in them, as text or number, in any form', () => {
  for (const form of formsOf(IDS[7] ?? '')) {
    const body = Buffer.alloc(64)
    form.copy(body, 3)
    expect(namesAnItem({ path: '', headers: [], body })).toBe(true) // a leak would be found
  }
  expect(posts.filter(namesAnItem)).toEqual([])
})

test('seeds have uniform bytes', () => {
  const bytes = posts.flatMap(({ body }) => [...body.subarray(12, 20)])
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte]++
  const expected = bytes.length / 256
  const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(expected).toBeGreaterThan(5)
  expect(chi2).toBeLessThan(330.5) // 255 degrees of freedom, p > .001
  expect(posts.filter(({ body }) => body.subarray(20).some((byte) => byte !== 0))).toEqual([])
})

test('no device writes more than 8 of 28 days', () => {
  for (let device = 0; device < DEVICES; device++) {
    const mine = posts.filter((post) => post.device === device)
    expect(mine.length).toBeGreaterThan(8)
    for (const { writtenAt } of mine) {
      const charged = mine.filter((other) => other.writtenAt >= writtenAt && other.writtenAt < writtenAt + 27 * DAY_MS)
      expect(charged.length).toBeLessThanOrEqual(8)
    }
  }
})

test('they keep ten minutes apart, however many pages are opened in them', async () => {
  const first = await openDevice(99)
  value(await first.engine.setConsent(consent(first.deps, 'aggregate')))
  const { browser, deps } = first
  const { feedback } = browser.stores
  for (let day = 0; day < 60 && (await feedback.update(({ outbox }) => ({ value: outbox.length }))) === 0; day++) {
    deps.now += DAY_MS
    await first.look()
  }
  await feedback.update((state) => {
    const [report] = state.outbox
    return { value: null, state: { ...state, outbox: [report, { ...report }, { ...report }].map(due) } }
  })
  const sentAt: number[] = []
  for (let minute = 0; minute < 25; minute++) {
    const page = await openDevice(200 + minute, browser)
    page.deps.now = deps.now + DAY_MS + minute * 60_000
    const sent = await page.look(30_000)
    sentAt.push(...sent.map(() => minute))
    await page.engine.stop()
  }
  expect(sentAt).toEqual([0, 10, 20])
})

function due<T extends { readonly notBefore: number }>(report: T): T {
  return { ...report, notBefore: 0 }
}

/** The largest distance between what was waited and a law, times the root of the count; p > .01 below 1.628, more where values are coarse. */
function kolmogorov(looks: readonly number[], law: (hours: number) => number): number {
  const most = Math.max(...looks)
  let distance = 0
  for (let look = 1; look <= most; look++) {
    const share = looks.filter((waited) => waited <= look).length / looks.length
    distance = Math.max(distance, Math.abs(share - law((look * LOOK_MS) / HOUR_MS)))
  }
  return distance * Math.sqrt(looks.length)
}

test('they wait as the law says: 6 hours on average, exponentially, 72 at most', () => {
  const looks = posts.map(({ sentAt, writtenAt }) => (sentAt - writtenAt) / LOOK_MS)
  expect(looks.every((waited) => Number.isInteger(waited) && waited >= 0 && waited <= 72 * 4)).toBe(true)
  const exponential = (mean: number) => (hours: number) => (hours >= 72 ? 1 : 1 - Math.exp(-hours / mean))
  expect(kolmogorov(looks, exponential(6))).toBeLessThan(1.628)
  expect(kolmogorov(looks, exponential(4))).toBeGreaterThan(1.628)
  expect(kolmogorov(looks, (hours) => Math.min(1, hours / 12))).toBeGreaterThan(1.628)
})
