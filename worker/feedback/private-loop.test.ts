import { beforeAll, describe, expect, test } from 'vitest'
import { featureIndex } from '#contract/features'
import { epochOf, type Plan } from '#contract/feedback/plan'
import { decodeReport } from '#contract/feedback/report'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { ConsentMode, ConsentRecord } from '#contract/rpc'
import { KEY, loaded, openPage, publishedEdge, value } from '../testing/page.ts'
import { TestBrowser, type TestDeps } from '../testing/test-deps.ts'
import { buildTinyRelease, signPointer, type TinyRelease } from '../testing/tiny-release.ts'

const DAY_MS = 86_400_000
const NOW = 1_763_600_000_000

/** A release whose head has two features and whose term has 8 x 8 weights, and which asks about both. */
async function askingRelease(): Promise<TinyRelease> {
  const plan: Plan = {
    ...samplePlan(),
    epochFrom: epochOf(NOW),
    epochTo: epochOf(NOW) + 26,
    questions: [
      { id: 'rank', qid: 1, type: 'vec', size: 2, weight: 0.5, clip: 1 },
      { id: 'pair', qid: 2, type: 'vec', size: 64, weight: 0.5, clip: 1 },
    ],
  }
  const sample = await buildTinyRelease()
  const width = sample.manifest.spaces[0].dim
  const projection = Array.from({ length: 8 * width }, (_, k) => (k % (width + 1) === 0 ? 0.5 : 0.01))
  return buildTinyRelease({
    manifest: {
      linearHead: {
        features: [featureIndex('item.popularity'), featureIndex('dot.recentZ')],
        weights: [0.001, 0.1],
        bias: 0,
      },
      bilinear: { dim: 8, projection, weights: new Array(64).fill(0) },
      feedback: {
        plan,
        calibration: { slope: 1, featureScale: [60, 1] },
        propensities: new Array(12).fill(1),
        noise: [],
      },
    },
  })
}

let release: TinyRelease

beforeAll(async () => {
  release = await askingRelease()
})

function consent(deps: TestDeps, choice: ConsentMode): ConsentRecord {
  return { version: 1, choice, at: deps.now, textHash: 'abc', expires: deps.now + 180 * DAY_MS }
}

type Setting = { readonly ceiling?: ConsentMode; readonly signal?: boolean }

async function openAsking({ ceiling = 'aggregate', signal = false }: Setting = {}) {
  const edge = publishedEdge()
  edge.publish(release, await signPointer(KEY, release))
  const page = await openPage(edge, {
    browser: new TestBrowser(),
    options: { consentCeiling: ceiling, privacySignal: signal },
  })
  await loaded(page)
  const { engine, deps } = page
  const visit = async (): Promise<void> => {
    const { list, items } = value(await engine.recommend({ scene: 'for-you', count: 8 }))
    await engine.track(items.map(({ id }, position) => ({ type: 'impression' as const, item: id, list, position })))
    await engine.track([{ type: 'click', item: items[2]?.id ?? '', list, position: 2 }])
  }
  /** Lets days pass with a page that is open now and then. */
  const live = async (days: number): Promise<void> => {
    for (const end = deps.now + days * DAY_MS; deps.now < end; ) {
      deps.now += DAY_MS / 8
      await visit()
      deps.timers.advance(900_000)
      for (let i = 0; i < 60; i++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const posts = () => edge.requests.filter(({ path }) => path === 'r')
  return { engine, deps, edge, live, posts }
}

describe('an engine in aggregate mode', () => {
  test('sends 32 bytes, seldom, to one address, and says what it sent', async () => {
    const { engine, deps, live, posts } = await openAsking()
    value(await engine.setConsent(consent(deps, 'aggregate')))
    await live(20)
    expect(posts().length).toBeGreaterThanOrEqual(1)
    expect(posts().length).toBeLessThanOrEqual(8)
    for (const { method, init } of posts()) {
      expect(method).toBe('POST')
      expect(init).toMatchObject({
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        keepalive: true,
      })
      expect(init.headers).toBeUndefined()
      expect(decodeReport(init.body as Uint8Array)?.qid).toBeOneOf([1, 2]) // a bare Uint8Array
    }
    const status = value(await engine.feedback())
    expect(status).toMatchObject({ mode: 'aggregate', cap28d: 8 })
    expect(status.planHash).toMatch(/^[0-9a-f]{64}$/)
    expect(status.sent28d).toBe(status.debits.length)
    expect(status.epsSum28d).toBe(2 * status.sent28d)
    expect(status.sent28d).toBeGreaterThanOrEqual(posts().length)
  })

  test('keeps what a list taught until it is reported, and forgets it with everything else', async () => {
    const { engine, deps, live, posts } = await openAsking()
    value(await engine.setConsent(consent(deps, 'aggregate')))
    await live(1)
    const { feedback } = deps.openStores('', 'persistent')
    const kept = () => feedback.update((_state, events) => ({ value: [...events.values()] }))
    const lessons = (await kept()).filter(({ takes }) => takes > 0)
    expect(lessons.length).toBeGreaterThan(0)
    expect(lessons.some(({ rank, pair }) => rank.some((x) => x !== 0) && pair.some((x) => x !== 0))).toBe(true)
    await engine.forget()
    await engine.setConsent(consent(deps, 'off'))
    expect(await kept()).toEqual([])
    const before = posts().length
    await live(30)
    expect(posts().length).toBe(before)
  })
})

describe('without aggregate mode', () => {
  const MATRIX = (['off', 'aggregate', 'first-party'] as const).flatMap((ceiling) =>
    ([null, 'off', 'aggregate', 'first-party'] as const).flatMap((choice) =>
      [false, true].map((signal) => ({ ceiling, choice, signal })),
    ),
  )
  const order = ['off', 'aggregate', 'first-party']
  const isOn = ({ ceiling, choice, signal }: (typeof MATRIX)[number]) =>
    !signal && choice !== null && Math.min(order.indexOf(ceiling), order.indexOf(choice)) === 1

  test.each(MATRIX.filter((cell) => !isOn(cell)))(
    'nothing is kept or sent: %j',
    async ({ ceiling, choice, signal }) => {
      const { engine, deps, live, posts } = await openAsking({ ceiling, signal })
      if (choice !== null) await engine.setConsent(consent(deps, choice))
      await live(3)
      expect(posts()).toEqual([])
      const { feedback } = deps.openStores('', 'persistent')
      expect(await feedback.update((state, events) => ({ value: [state.days.length, events.size] }))).toEqual([0, 0])
    },
  )

  test('withdrawal stops what is waiting', async () => {
    const { engine, deps, live, posts } = await openAsking()
    await engine.setConsent(consent(deps, 'aggregate'))
    await live(8)
    const before = posts().length
    await engine.setConsent(consent(deps, 'off'))
    await live(6)
    expect(posts().length).toBe(before)
    expect(value(await engine.feedback())).toMatchObject({ mode: 'off', waiting: 0 })
  })
})
