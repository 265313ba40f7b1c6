import { featureIndex } from '#contract/features'
import { epochOf, type Plan } from '#contract/feedback/plan'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { ConsentMode, ConsentRecord } from '#contract/rpc'
import { KEY, loaded, openPage, publishedEdge, value } from './page.ts'
import { passTurns } from './pass-turns.ts'
import { TestBrowser, type TestDeps } from './test-deps.ts'
import type { TinyEdge } from './tiny-edge.ts'
import { buildTinyRelease, signPointer, type TinyRelease } from './tiny-release.ts'

export const DAY_MS = 86_400_000

/** The clock of a page when it opens. */
const NOW = 1_763_600_000_000

/** A release whose head has two features and whose term has 8 x 8 weights, and which asks about both. */
export async function askingRelease(idOf?: (itemNo: number) => string): Promise<TinyRelease> {
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
    ...(idOf === undefined ? {} : { idOf }),
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

const ASKING = await askingRelease()

/** A choice that holds for 180 days. */
export function consent(deps: TestDeps, choice: ConsentMode): ConsentRecord {
  return { version: 1, choice, at: deps.now, textHash: 'abc', expires: deps.now + 180 * DAY_MS }
}

type Setting = {
  readonly ceiling?: ConsentMode
  readonly signal?: boolean
  readonly browser?: TestBrowser
  readonly release?: TinyRelease
  /** What differs of the page's world. */
  readonly world?: (edge: TinyEdge, browser: TestBrowser) => Partial<TestDeps>
}

/** A page of a site whose release asks questions, in a browser of its own unless one is given. */
export async function openAsking(setting: Setting = {}) {
  const { ceiling = 'aggregate', signal = false, browser = new TestBrowser(), release = ASKING } = setting
  const edge = publishedEdge()
  edge.publish(release, await signPointer(KEY, release))
  const page = await openPage(edge, {
    browser,
    options: { consentCeiling: ceiling, privacySignal: signal },
    deps: setting.world?.(edge, browser) ?? {},
  })
  await loaded(page)
  const { engine, deps } = page
  const visit = async (): Promise<void> => {
    const { list, items } = value(await engine.recommend({ scene: 'for-you', count: 8, includeSeen: true }))
    await engine.track(items.map(({ id }, position) => ({ type: 'impression' as const, item: id, list, position })))
    await engine.track([{ type: 'click', item: items[2]?.id ?? '', list, position: 2 }])
  }
  /** Lets days pass with a page that is open now and then. */
  const live = async (days: number): Promise<void> => {
    for (const end = deps.now + days * DAY_MS; deps.now < end; ) {
      deps.now += DAY_MS / 8
      await visit()
      deps.timers.advance(900_000)
      await passTurns()
    }
  }
  const posts = () => edge.requests.filter(({ path }) => path === 'r')
  return { engine, deps, edge, browser, visit, live, posts }
}
