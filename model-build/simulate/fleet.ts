import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import { EPOCH_MS } from '#contract/feedback/plan'
import type { PresetName } from '#contract/feedback/presets'
import { createFeedback, type Feedback } from '#worker/core/feedback/feedback'
import { createMemoryFeedback } from '#worker/core/feedback/memory-store'
import type { LivePlan } from '#worker/core/feedback/write-report'
import type { VisitNotes } from './visits.ts'

/** Sends one report of a device; settles when it was answered. */
export type Post = (device: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>

/** Devices with the client's own ledger, randomiser, delays and outbox; only clock, storage and randomness are the simulation's. */
export type Fleet = {
  /** Lets an epoch of 7 days pass. */
  live(plan: LivePlan, visits: readonly (readonly VisitNotes[])[]): Promise<void>
  /** Reports posted so far. */
  readonly posted: number
}

export type FleetOptions = {
  readonly devices: number
  readonly ceiling: PresetName
  readonly startMs: number
  readonly seed: number
  readonly post: Post
}

/** How often a device looks whether something is due, and when in an epoch it visits the site. */
const TICK_MS = 43_200_000
const VISIT_DAYS = [0, 3]
const DAY_MS = 86_400_000

/** Requests under way at a time. */
const PIPELINE = 64

type World = { now: number; plan: LivePlan | null }

/** Everybody agrees at the start. */
export function createFleet({ devices, ceiling, startMs, seed, post }: FleetOptions): Fleet {
  const clock: World = { now: startMs, plan: null }
  const waiting = new Set<Promise<void>>()
  let posted = 0
  const send = async (device: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    posted++
    const request = post(device, bytes).finally(() => waiting.delete(request))
    waiting.add(request)
    if (waiting.size >= PIPELINE) await Promise.race(waiting)
  }
  const all = Array.from({ length: devices }, (_, device) => {
    // A stream that a run can repeat stands in for the browser's source.
    const words = chachaWords(chachaState([seed, device, 0x5eed]))
    return createFeedback({
      store: createMemoryFeedback(),
      nowMs: () => clock.now,
      words,
      exclusive: (run) => run(),
      mode: async () => 'aggregate',
      ceiling,
      plan: () => clock.plan,
      post: (bytes) => send(device, bytes),
    })
  })
  return {
    get posted() {
      return posted
    },
    live: async (plan, visits) => {
      clock.plan = plan
      const start = clock.now
      for (let at = start; at < start + EPOCH_MS; at += TICK_MS) {
        clock.now = at
        const visit = visits[VISIT_DAYS.indexOf((at - start) / DAY_MS)]
        for (const [device, feedback] of all.entries()) await pass(feedback, visit?.[device % visit.length], at)
      }
      clock.now = start + EPOCH_MS
      await Promise.all(waiting)
    },
  }
}

async function pass(feedback: Feedback, visit: VisitNotes | undefined, at: number): Promise<void> {
  await feedback.tick()
  for (const note of visit?.(at, `list-${at}`) ?? []) await feedback.note(note)
}
