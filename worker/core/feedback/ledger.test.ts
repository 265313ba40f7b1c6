import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PRESETS, type PresetName } from '#contract/feedback/presets'
import { createFeedback } from './feedback.ts'
import { debit } from './ledger.ts'
import { createMemoryFeedback } from './memory-store.ts'
import { seededWords } from './seeded-words.conformance.ts'
import { type SendDeps, sendDue } from './send-due.ts'
import type { FeedbackStore } from './store.ts'
import { DAY_MS, HOUR_MS, livePlan, START_MS } from './test-device.conformance.ts'

/** The most days of a list that lie in any 28 days in a row. */
function mostInWindow(days: readonly number[]): number {
  return Math.max(0, ...days.map((first) => days.filter((day) => day >= first && day < first + 28).length))
}

describe('debit', () => {
  test.each<PresetName>(['strict', 'standard'])(
    'never enters more than %s allows, whatever the clock does',
    (preset) => {
      const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -40, max: 40 })), {
        maxLength: 400,
      })
      fc.assert(
        fc.property(steps, (jumps) => {
          let today = 20_000
          let days: readonly number[] = []
          const entered: number[] = []
          for (const jump of jumps) {
            today += jump
            const next = debit(days, today, preset)
            if (next === null) continue
            days = next
            entered.push(today)
          }
          expect(mostInWindow(entered)).toBeLessThanOrEqual(PRESETS[preset].per28Days)
          expect(new Set(entered).size).toBe(entered.length)
          expect([...entered].sort((a, b) => a - b)).toEqual(entered)
        }),
        { seed: 6, numRuns: 300 },
      )
    },
  )

  test('spends the whole budget when it may', () => {
    let days: readonly number[] = []
    let spent = 0
    for (let today = 1; today <= 28; today++) {
      const next = debit(days, today, 'standard')
      if (next === null) continue
      days = next
      spent++
    }
    expect(spent).toBe(8)
    expect(debit(days, 28, 'standard')).toBeNull()
    expect(debit(days, 29, 'standard')).not.toBeNull()
  })
})

/** Steps of all tabs of a browser, taken in an order that the test draws; a crash forgets all that are under way. */
class Steps {
  #waiting: (() => void)[] = []

  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async run(pick: (count: number) => number, limit = Number.POSITIVE_INFINITY): Promise<void> {
    for (let taken = 0; taken < limit; taken++) {
      await settle()
      if (this.#waiting.length === 0) return
      const [next] = this.#waiting.splice(pick(this.#waiting.length), 1)
      next?.()
    }
    this.#waiting = []
  }
}

/** Lets everything run that waits for nothing but its turn among microtasks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

type Trace = { readonly kind: 'debit' | 'post'; readonly day: number; readonly hex?: string }

/** A store whose transactions begin and end when the test says so; each is applied as one. */
function steppedStore(inner: FeedbackStore, steps: Steps, trace: Trace[]): FeedbackStore {
  return {
    update: async (decide) => {
      await steps.turn()
      const value = await inner.update((state, events) => {
        const change = decide(state, events)
        const last = change.state?.days.at(-1)
        if (last !== undefined && change.state?.days !== state.days) trace.push({ kind: 'debit', day: last })
        return change
      })
      await steps.turn()
      return value
    },
    close: () => undefined,
  }
}

type World = { now: number; readonly steps: Steps; readonly trace: Trace[]; readonly store: FeedbackStore }

/** What a tab and a service worker send with. */
function senderOf(world: World): SendDeps {
  return {
    store: world.store,
    nowMs: () => world.now,
    mode: async () => {
      await world.steps.turn()
      return 'aggregate'
    },
    post: async (bytes) => {
      world.trace.push({ kind: 'post', day: Math.floor(world.now / DAY_MS), hex: Buffer.from(bytes).toString('hex') })
      await world.steps.turn()
    },
  }
}

function openTab(world: World, seed: number) {
  return createFeedback({
    ...senderOf(world),
    words: seededWords(seed),
    exclusive: async (run) => {
      await world.steps.turn() // a browser without locks: every tab enters
      return run()
    },
    ceiling: 'standard',
    plan: () => livePlan(),
  })
}

async function live(days: number, tabs: number, seed: number): Promise<readonly Trace[]> {
  const words = seededWords(seed)
  const pick = (count: number): number => words() % count
  const steps = new Steps()
  const trace: Trace[] = []
  const world: World = { now: START_MS, steps, trace, store: steppedStore(createMemoryFeedback(), steps, trace) }
  for (let day = 0, tab = 0; day < days; day++) {
    const open = Array.from({ length: tabs }, () => openTab(world, seed * 10_000 + tab++))
    const isCrash = pick(3) === 0
    for (const feedback of open) feedback.tick().catch(() => undefined)
    for (let worker = 0; worker < 3; worker++) sendDue(senderOf(world), DAY_MS).catch(() => undefined)
    await steps.run(pick, isCrash ? pick(8 * tabs) : Number.POSITIVE_INFINITY)
    const isJump = pick(40) === 0
    world.now += isJump ? (pick(61) - 30) * DAY_MS : DAY_MS - 2 * HOUR_MS + pick(4) * HOUR_MS
  }
  return trace
}

describe('20 tabs and service workers without locks, crashes and a clock that jumps', () => {
  test.each([1, 2, 3])(
    'never charge more than the budget in 365 days, charge before they send, and send nothing twice (%d)',
    async (seed) => {
      const trace = await live(365, 20, seed)
      const debits = trace.filter(({ kind }) => kind === 'debit').map(({ day }) => day)
      expect(debits.length).toBeGreaterThan(10)
      expect(new Set(debits).size).toBe(debits.length)
      expect(mostInWindow(debits)).toBeLessThanOrEqual(PRESETS.standard.per28Days)
      let charged = 0
      let posts = 0
      for (const { kind } of trace) {
        if (kind === 'debit') charged++
        else expect(++posts).toBeLessThanOrEqual(charged)
      }
      expect(posts).toBeGreaterThan(5)
      expect(new Set(trace.flatMap(({ hex }) => hex ?? [])).size).toBe(posts)
    },
  )

  test('hold when the browser dies at any single step', async () => {
    for (let crash = 0; crash < 24; crash++) {
      const steps = new Steps()
      const trace: Trace[] = []
      const world: World = { now: START_MS, steps, trace, store: steppedStore(createMemoryFeedback(), steps, trace) }
      const first = (): number => 0
      for (let day = 0; day < 40; day++) {
        openTab(world, 100 + day)
          .tick()
          .catch(() => undefined)
        await steps.run(first, crash)
        openTab(world, 200 + day)
          .tick()
          .catch(() => undefined)
        await steps.run(first)
        world.now += DAY_MS
      }
      const debits = trace.filter(({ kind }) => kind === 'debit')
      const posts = trace.filter(({ kind }) => kind === 'post')
      expect(mostInWindow(debits.map(({ day }) => day))).toBeLessThanOrEqual(8)
      expect(posts.length).toBeLessThanOrEqual(debits.length)
    }
  })
})
