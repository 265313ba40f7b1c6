import { encodePlan, type Plan } from '#contract/feedback/plan'
import { samplePlan } from '#contract/feedback/sample-plan.conformance'
import type { ConsentMode } from '#contract/rpc'
import type { Material } from './answers.ts'
import { createFeedback, type Feedback } from './feedback.ts'
import { createMemoryFeedback } from './memory-store.ts'
import type { Words } from './randomise.ts'
import { seededWords } from './seeded-words.conformance.ts'
import type { FeedbackStore } from './store.ts'
import type { LivePlan } from './write-report.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** Within the sample plan's weeks. */
export const START_MS = 20_771 * DAY_MS + 7 * HOUR_MS

/** A device with a clock, a mode and a network that a test moves and reads. */
export type TestDevice = {
  now: number
  mode: ConsentMode
  plan: LivePlan | null
  readonly store: FeedbackStore
  readonly words: Words
  readonly posts: { readonly at: number; readonly bytes: Uint8Array }[]
  readonly feedback: Feedback
}

export function livePlan(plan: Plan = samplePlan()): LivePlan {
  return { plan, hash: hashOf(encodePlan(plan)), arm: 'main' }
}

/** A device in aggregate mode. */
export function createTestDevice(seed: number, store: FeedbackStore = createMemoryFeedback()): TestDevice {
  const words = seededWords(seed)
  const device = { now: START_MS, mode: 'aggregate' as ConsentMode, plan: livePlan() as LivePlan | null, store, words }
  const posts: { at: number; bytes: Uint8Array }[] = []
  const feedback = createFeedback({
    store,
    words,
    nowMs: () => whole.now,
    exclusive: (run) => run(),
    mode: async () => whole.mode,
    ceiling: 'standard',
    plan: () => whole.plan,
    post: async (bytes) => posts.push({ at: whole.now, bytes }),
  })
  const whole: TestDevice = { ...device, posts, feedback }
  return whole
}

/** A list as it is shown, of which something was taken. */
export function shownList(at: number, fill = 0.5): Material {
  return {
    at,
    takes: 1,
    rank: new Float32Array(15).fill(fill),
    pair: new Float32Array(64).fill(0.1 * fill),
    cell: null,
    sample: { position: 3, isClicked: false },
  }
}

/** Stands in for SHA-256 where only equality matters. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0').repeat(8)
}
