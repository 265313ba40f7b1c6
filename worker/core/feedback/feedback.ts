import { isPlanUsable } from '#contract/feedback/plan'
import { PRESETS, type PresetName } from '#contract/feedback/presets'
import type { FeedbackStatus } from '#contract/rpc'
import { nextDue } from './delays.ts'
import { leaveAggregate } from './leave.ts'
import { dayOf, debit, WINDOW_DAYS } from './ledger.ts'
import { type FeedbackNote, noted } from './notes.ts'
import type { Words } from './randomise.ts'
import { type SendDeps, sendDue } from './send-due.ts'
import { type Change, NOTHING } from './store.ts'
import { type LivePlan, writeReport } from './write-report.ts'

/** How exactly it is known when a page last found aggregate mode in force. */
const SEEN_STEP_MS = 3_600_000

export type FeedbackDeps = SendDeps & {
  /** Cryptographic. */
  readonly words: Words
  /** Runs work while no other tab does. */
  readonly exclusive: <T>(run: () => Promise<T>) => Promise<T>
  /** The most that the page's own build allows. */
  readonly ceiling: PresetName
  /** null while there is no release, or it asks nothing. */
  readonly plan: () => LivePlan | null
}

export interface Feedback {
  /** Keeps what a list says, in aggregate mode only. */
  note(note: FeedbackNote): Promise<void>
  /** Writes the report that is due, if one is, and sends the one whose time has come. Call it at idle, at least every hour. */
  tick(): Promise<void>
  status(): Promise<FeedbackStatus>
  /** The visitor's choice or a signal changed; leaving aggregate mode empties outbox and events. */
  setMode(): Promise<void>
}

/** The device's side of the private loop: debit, then answer, randomise, wait, send once. Nothing is read or sent before the first call. */
export function createFeedback(deps: FeedbackDeps): Feedback {
  return new DeviceFeedback(deps)
}

class DeviceFeedback implements Feedback {
  readonly #deps: FeedbackDeps

  constructor(deps: FeedbackDeps) {
    this.#deps = deps
  }

  async note(note: FeedbackNote): Promise<void> {
    const { store, nowMs } = this.#deps
    const plan = this.#live()?.hash
    const stamped = note.type === 'shown' ? { ...note, material: { ...note.material, plan } } : note
    if (await this.#isOn()) await store.update((state, events) => noted(state, events, stamped, nowMs()))
  }

  async tick(): Promise<void> {
    await this.setMode()
    await this.#deps.exclusive(async () => {
      await this.#write()
      await sendDue(this.#deps)
    })
  }

  async setMode(): Promise<void> {
    const { store, nowMs } = this.#deps
    if (!(await this.#isOn())) return leaveAggregate(store)
    await store.update((state) => {
      const now = nowMs()
      if (state.consentAt === null)
        return { ...NOTHING, state: { ...state, consentAt: now, seenAt: now, dueAt: this.#nextDue() } }
      return Math.abs(now - state.seenAt) < SEEN_STEP_MS ? NOTHING : { ...NOTHING, state: { ...state, seenAt: now } }
    })
  }

  async status(): Promise<FeedbackStatus> {
    const mode = await this.#deps.mode()
    const planHash = this.#live()?.hash ?? null
    const since = dayOf(this.#deps.nowMs()) - WINDOW_DAYS
    return this.#deps.store.update((state): Change<FeedbackStatus> => {
      const debits = state.debits.filter(({ day }) => day > since)
      const sent28d = state.days.filter((day) => day > since).length
      // Of debits that were forgotten only the day is known: the ceiling is the most that each can have said.
      const forgotten = (sent28d - debits.length) * PRESETS[this.#deps.ceiling].epsilon
      const epsSum28d = debits.reduce((sum, { epsilon }) => sum + epsilon, Math.max(0, forgotten))
      const last = debits.at(-1)
      const waiting = state.outbox.length
      const cap28d = PRESETS[this.#preset()].per28Days
      const known = { mode, sent28d, cap28d, epsSum28d, planHash, waiting, debits }
      return { value: last === undefined ? known : { ...known, lastRecordHex: last.hex } }
    })
  }

  async #write(): Promise<void> {
    const { store, nowMs, words } = this.#deps
    const chosen = this.#live()
    if (chosen === null) return
    const now = nowMs()
    const isDebited = await store.update((state): Change<boolean> => {
      const days =
        state.consentAt === null || now < state.dueAt ? null : debit(state.days, dayOf(now), chosen.plan.preset)
      return days === null ? { value: false } : { value: true, state: { ...state, days, dueAt: this.#nextDue() } }
    })
    // Nothing is computed from events before this line: the debit is durable.
    if (isDebited) await store.update((state, events) => writeReport(state, events, { chosen, now, words }))
  }

  async #isOn(): Promise<boolean> {
    return (await this.#deps.mode()) === 'aggregate'
  }

  #live(): LivePlan | null {
    const { plan, ceiling, nowMs } = this.#deps
    const found = plan()
    return found !== null && isPlanUsable(found.plan, ceiling, nowMs()) ? found : null
  }

  #preset(): PresetName {
    return this.#live()?.plan.preset ?? this.#deps.ceiling
  }

  #nextDue(): number {
    return nextDue(this.#deps.nowMs(), this.#preset(), this.#deps.words)
  }
}
