import { describe, expect, test } from 'vitest'
import { decodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { ConsentMode } from '#contract/rpc'
import { sendDelay } from './delays.ts'
import { forgetFeedback } from './leave.ts'
import { createMemoryFeedback } from './memory-store.ts'
import { seededWords } from './seeded-words.conformance.ts'
import {
  createTestDevice,
  DAY_MS,
  HOUR_MS,
  livePlan,
  START_MS,
  shownList,
  type TestDevice,
} from './test-device.conformance.ts'

/** Lets a device live for some days, looking every `everyMs`. */
async function spend(device: TestDevice, days: number, everyMs = HOUR_MS): Promise<void> {
  const end = device.now + days * DAY_MS
  for (; device.now < end; device.now += everyMs) await device.feedback.tick()
}

async function storedText(device: TestDevice): Promise<string> {
  return device.store.update((state, events) => ({ value: JSON.stringify({ state, events: [...events] }) }))
}

describe('createFeedback', () => {
  test('sends nothing in the first 24 hours, then 32 bytes at a time within the budget', async () => {
    const device = createTestDevice(1)
    await spend(device, 365)
    expect(device.posts.length).toBeGreaterThan(40)
    expect(device.posts.length).toBeLessThanOrEqual((365 / 28 + 1) * 8)
    expect(device.posts[0]?.at).toBeGreaterThanOrEqual(START_MS + DAY_MS)
    for (const { bytes } of device.posts) {
      const report = decodeReport(bytes)
      expect(report?.planTag).toBe(livePlan().hash.slice(0, 16))
      expect(samplePlan().questions.map(({ qid }) => qid)).toContain(report?.qid)
    }
  })

  test('keeps ten minutes between requests', async () => {
    const device = createTestDevice(2)
    await spend(device, 60, 3 * DAY_MS)
    const waiting = () => ({ bytes: new Uint8Array(32), notBefore: 0, expires: Number.POSITIVE_INFINITY })
    await device.store.update((state) => ({
      value: 0,
      state: { ...state, outbox: [waiting(), waiting(), waiting()] },
    }))
    device.posts.length = 0
    await spend(device, 1, 60_000)
    const gaps = device.posts.slice(1).map(({ at }, i) => at - (device.posts[i]?.at ?? 0))
    expect(gaps.length).toBeGreaterThanOrEqual(2)
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(600_000)
  })

  test('loses a report whose request fails, and keeps it charged', async () => {
    const device = createTestDevice(3)
    device.plan = livePlan()
    let tries = 0
    device.posts.push = () => {
      tries++
      throw new Error('offline')
    }
    await spend(device, 28)
    expect(tries).toBeGreaterThan(2)
    const { sent28d, waiting } = await device.feedback.status()
    expect(sent28d).toBeGreaterThanOrEqual(tries)
    expect(waiting).toBeLessThanOrEqual(sent28d - tries)
  })

  test('answers whether or not anything happened, at the same times', async () => {
    const idle = createTestDevice(4)
    const busy = createTestDevice(4)
    const due = async (device: TestDevice) => device.store.update(({ dueAt }) => ({ value: dueAt }))
    await idle.feedback.tick()
    await busy.feedback.tick()
    for (let i = 0; i < 50; i++) await busy.feedback.note({ type: 'shown', key: `${i}`, material: shownList(busy.now) })
    expect(await due(busy)).toBe(await due(idle))
    await spend(idle, 10)
    expect(idle.posts.length).toBeGreaterThan(0)
  })

  test('uses each shown list once, and keeps 200 for 14 days', async () => {
    const device = createTestDevice(5)
    await device.feedback.tick()
    for (let i = 0; i < 230; i++)
      await device.feedback.note({ type: 'shown', key: `${i}`, material: shownList(device.now) })
    const count = () => device.store.update((_state, events) => ({ value: events.size }))
    expect(await count()).toBe(200)
    await spend(device, 10)
    const { sent28d } = await device.feedback.status()
    expect(await count()).toBe(200 - sent28d)
    device.now += 15 * DAY_MS
    await device.feedback.note({ type: 'shown', key: 'new', material: shownList(device.now) })
    expect(await count()).toBe(1)
  })

  test('answers about lists of the release in use alone: those of the last one wait until they are too old', async () => {
    const device = createTestDevice(5)
    await device.feedback.tick()
    const show = (key: string) => device.feedback.note({ type: 'shown', key, material: shownList(device.now) })
    const keys = () => device.store.update((_, events) => ({ value: [...events.keys()] }))
    for (let i = 0; i < 40; i++) await show(`old-${i}`)
    device.plan = livePlan({ ...samplePlan(), epochFrom: samplePlan().epochFrom - 1 })
    for (let i = 0; i < 40; i++) await show(`new-${i}`)
    await spend(device, 12)
    expect(device.posts.length).toBeGreaterThan(1)
    const left = await keys()
    expect(left.filter((key) => key.startsWith('old'))).toHaveLength(40)
    expect(left.filter((key) => key.startsWith('new')).length).toBeLessThan(40)
  })

  test('stays silent under a plan of another time or a larger budget', async () => {
    for (const plan of [
      { ...samplePlan(), epochTo: 2_950 },
      { ...samplePlan(), epochFrom: 3_050 },
    ]) {
      const device = createTestDevice(6)
      device.plan = livePlan(plan)
      await spend(device, 60)
      expect(device.posts).toEqual([])
      expect((await device.feedback.status()).sent28d).toBe(0)
    }
    const silent = createTestDevice(7)
    silent.plan = null
    await spend(silent, 60)
    expect(silent.posts).toEqual([])
  })

  test('tells what was charged and what is left', async () => {
    const device = createTestDevice(8)
    await spend(device, 40)
    const status = await device.feedback.status()
    expect(status).toMatchObject({ mode: 'aggregate', cap28d: 8, planHash: livePlan().hash })
    expect(status.epsSum28d).toBe(2 * status.sent28d)
    expect(status.lastRecordHex).toMatch(/^0100[0-9a-f]{60}$/)
    await forgetFeedback(device.store)
    const after = await device.feedback.status()
    expect(after.epsSum28d).toBe(status.epsSum28d)
    expect(after.lastRecordHex).toBeUndefined()
    expect(after.debits).toEqual([])
  })
})

describe('modes', () => {
  test.each<ConsentMode>(['off', 'first-party'])('%s keeps and sends nothing', async (mode) => {
    const device = createTestDevice(9)
    device.mode = mode
    await device.feedback.note({ type: 'shown', key: 'a', material: shownList(device.now) })
    await spend(device, 60)
    expect(device.posts).toEqual([])
    expect(await device.store.update((state, events) => ({ value: [state.days.length, events.size] }))).toEqual([0, 0])
  })

  test('withdrawal empties outbox and events at once, and a new consent waits a day again', async () => {
    const device = createTestDevice(10)
    await spend(device, 20)
    await device.feedback.note({ type: 'shown', key: 'a', material: shownList(device.now) })
    const waiting = { bytes: new Uint8Array(32), notBefore: 0, expires: Number.POSITIVE_INFINITY }
    await device.store.update((state) => ({ value: 0, state: { ...state, outbox: [waiting] } }))
    const { sent28d } = await device.feedback.status()
    device.posts.length = 0
    device.mode = 'off'
    await device.feedback.setMode()
    expect(await device.store.update((state, events) => ({ value: [state.outbox.length, events.size] }))).toEqual([
      0, 0,
    ])
    await spend(device, 2)
    expect(device.posts).toEqual([])
    expect((await device.feedback.status()).sent28d).toBeGreaterThanOrEqual(sent28d - 2)
    device.mode = 'aggregate'
    const again = device.now
    await spend(device, 25)
    for (const { at } of device.posts) expect(at).toBeGreaterThanOrEqual(again + DAY_MS)
  })

  test('a signal between taking a report and sending it stops it', async () => {
    const device = createTestDevice(11)
    await device.feedback.tick()
    const waiting = { bytes: new Uint8Array(32), notBefore: 0, expires: Number.POSITIVE_INFINITY }
    await device.store.update((state) => ({ value: 0, state: { ...state, outbox: [waiting] } }))
    const { update } = device.store
    let calls = 0
    Object.assign(device.store, {
      update: async (decide: Parameters<typeof update>[0]) => {
        const value = await update(decide)
        if (++calls === 2) device.mode = 'off' // mode, then the one that takes it: no report is due
        return value
      },
    })
    await device.feedback.tick()
    expect(device.posts).toEqual([])
  })
})

describe('forgetFeedback', () => {
  test('leaves nothing but days, and no request for 30 days', async () => {
    const device = createTestDevice(12)
    await spend(device, 20)
    await device.feedback.note({ type: 'shown', key: 'secret', material: shownList(device.now, 0.123_456) })
    const { sent28d } = await device.feedback.status()
    device.posts.length = 0
    device.mode = 'off' // the consent record goes with the profile
    await forgetFeedback(device.store)
    const text = await storedText(device)
    expect(text).not.toMatch(/secret|0[.]123456/)
    expect(JSON.parse(text).state).toMatchObject({ outbox: [], debits: [], consentAt: null, dueAt: 0 })
    expect(JSON.parse(text).state.days).toHaveLength(sent28d)
    await spend(device, 30)
    expect(device.posts).toEqual([])
    await forgetFeedback(device.store, { ledger: true })
    expect(JSON.parse(await storedText(device)).state.days).toEqual([])
  })
})

describe('sendDelay', () => {
  test('follows the exponential law of 6 hours, cut at 72', () => {
    const words = seededWords(13)
    const delays = Array.from({ length: 4_000 }, () => sendDelay(words)).sort((a, b) => a - b)
    const distance = Math.max(
      ...delays.map((delay, i) => Math.abs((i + 0.5) / delays.length - (1 - Math.exp(-delay / (6 * HOUR_MS))))),
    )
    expect(distance).toBeLessThan(1.63 / Math.sqrt(delays.length)) // Kolmogorov-Smirnov, p > .01
    expect(delays.at(-1)).toBeLessThanOrEqual(72 * HOUR_MS)
  })
})

describe('traffic of 1,000 devices', () => {
  test('has seeds of which every byte is uniform', async () => {
    const counts = new Map<string, number[]>()
    for (let seed = 0; seed < 1_000; seed++) {
      const device = createTestDevice(1_000 + seed, createMemoryFeedback())
      await spend(device, 12, 12 * HOUR_MS)
      for (const { bytes } of device.posts) {
        const isHist = bytes[10] === 3 || bytes[10] === 4
        for (let at = 12; at < 20; at++) {
          if (isHist && at % 4 === 0) continue // 26 bits: the top byte of a histogram's words is small
          const bins = counts.get(`${at}`) ?? new Array<number>(16).fill(0)
          bins[(bytes[at] ?? 0) >> 4]++
          counts.set(`${at}`, bins)
        }
        expect(bytes.subarray(20)).toEqual(new Uint8Array(12))
      }
    }
    expect(counts.size).toBe(8)
    for (const [at, bins] of counts) {
      const total = bins.reduce((sum, count) => sum + count, 0)
      const chi2 = bins.reduce((sum, count) => sum + (count - total / 16) ** 2 / (total / 16), 0)
      expect(total).toBeGreaterThan(1_000)
      expect(chi2, `byte ${at}`).toBeLessThan(37.7) // 15 degrees of freedom, p > .001
    }
  })
})
