import type { ErrorCode } from '#contract/errors'
import { type Calibration, parseFeedbackPart } from '#contract/feedback/learning'
import { encodePlan } from '#contract/feedback/plan'
import type { PresetName } from '#contract/feedback/presets'
import type { ConsentMode, EngineOptions, FeedbackStatus, RecommendReply, TrackInput } from '#contract/rpc'
import { createFeedback, type Feedback } from '#worker/core/feedback/feedback'
import { type Lesson, openLesson } from '#worker/core/feedback/lesson'
import type { FeedbackStore } from '#worker/core/feedback/store'
import type { LivePlan } from '#worker/core/feedback/write-report'
import type { Model } from '#worker/core/model'
import type { Trace } from '#worker/core/recommend'
import type { EngineDeps } from '../deps.ts'
import type { Installation } from '../release/keeper.ts'
import { sha256Hex } from '../release/verify.ts'
import { createReportPost, reportLock } from './report-wire.ts'

/** The most that this build of the page allows, whatever a plan says. */
const CEILING: PresetName = 'standard'

/** Lists of a page that the visitor may still take something from. */
const OPEN_LISTS = 8

/** Events that say that the visitor took an item. */
const TAKES: ReadonlySet<TrackInput['type']> = new Set(['view', 'click', 'cart', 'purchase', 'favorite', 'like'])

export type LoopParts = {
  readonly deps: EngineDeps
  readonly options: Pick<EngineOptions, 'edge' | 'site' | 'assets'>
  readonly store: FeedbackStore
  /** The mode in force, stored consent read anew. */
  readonly mode: () => Promise<ConsentMode>
  /** Told of what failed; no call of the page does. */
  readonly refused: (thrown: unknown, fallback?: ErrorCode) => void
}

/** What a page has of a release while it is in use. */
export type Adopted = Pick<Installation, 'root' | 'arm'>

type OpenList = { readonly lesson: Lesson; readonly model: Model; readonly items: readonly string[]; isNoted: boolean }

/**
 * Writes reports: lists that are shown and what is taken of them become material, and the release brings the plan. With all that it needs it makes up a
 * script of its own, which devices outside aggregate mode do not load; `PrivateLoop` loads it, and calls it in aggregate mode alone.
 */
export class ReportLoop {
  readonly #parts: LoopParts
  readonly #feedback: Feedback
  readonly #lists = new Map<string, OpenList>()
  #live: { readonly plan: LivePlan; readonly calibration: Calibration; readonly manifestHash: string } | null = null

  constructor(parts: LoopParts) {
    this.#parts = parts
    const { deps, options } = parts
    this.#feedback = createFeedback({
      store: parts.store,
      nowMs: deps.nowMs,
      words: () => new DataView(Uint8Array.from(deps.randomBytes(4)).buffer).getUint32(0),
      exclusive: (run) => deps.exclusive(reportLock(options), run),
      mode: parts.mode,
      ceiling: CEILING,
      plan: () => this.#live?.plan ?? null,
      post: createReportPost(deps, options),
    })
  }

  /** Takes the plan of the release in use; a part that cannot be read is none. */
  async adopt({ root, arm }: Adopted): Promise<void> {
    const { manifestHash, manifest } = root
    if (this.#live?.manifestHash === manifestHash && this.#live.plan.arm === arm) return
    this.#live = null
    this.clear() // their material is of another model
    try {
      const part = parseFeedbackPart(manifest.feedback)
      if (part === null) return
      const hash = await sha256Hex(this.#parts.deps.subtle, new TextEncoder().encode(encodePlan(part.plan)))
      this.#live = { plan: { plan: part.plan, hash, arm }, calibration: part.calibration, manifestHash }
    } catch (thrown) {
      this.#parts.refused(thrown, 'manifest-malformed')
    }
  }

  /** A list was made; it counts once it is seen. */
  opened(reply: Pick<RecommendReply, 'list' | 'scene' | 'ranker' | 'items'>, trace: Trace, model: Model): void {
    if (this.#live === null || reply.scene !== 'for-you' || reply.ranker === 'none') return
    const items = reply.items.map(({ id }) => id)
    this.#lists.set(reply.list, {
      lesson: openLesson(model, trace, this.#live.calibration),
      model,
      items,
      isNoted: false,
    })
    for (const key of this.#lists.keys()) if (this.#lists.size > OPEN_LISTS) this.#lists.delete(key)
  }

  /** The visitor saw or took something. */
  async tracked(events: readonly TrackInput[]): Promise<void> {
    for (const event of events) {
      if (event.type === 'impression') await this.#seen(event)
      else if (TAKES.has(event.type)) await this.#took(event)
    }
  }

  /** Aggregate mode is in force, perhaps since now. */
  entered(): Promise<void> {
    return this.#feedback.setMode()
  }

  /** Writes and sends what is due. */
  tick(): Promise<void> {
    return this.#feedback.tick()
  }

  status(): Promise<FeedbackStatus> {
    return this.#feedback.status()
  }

  /** Forgets the lists of this page. */
  clear(): void {
    this.#lists.clear()
  }

  async #seen({ list }: TrackInput): Promise<void> {
    const open = list === undefined ? undefined : this.#lists.get(list)
    if (list === undefined || open === undefined || open.isNoted) return
    open.isNoted = true
    const { deps } = this.#parts
    const sample = { position: Math.floor(deps.random() * open.items.length), isClicked: false }
    const material = { ...open.lesson.empty, at: deps.nowMs(), sample }
    await this.#feedback.note({ type: 'shown', key: list, material })
  }

  /** Counts for the list it names, else for the latest that was seen. */
  async #took({ item, list }: TrackInput): Promise<void> {
    const seen = [...this.#lists].filter(([, { isNoted }]) => isNoted)
    const [key, open] = seen.find(([name]) => name === list) ?? seen.at(-1) ?? []
    if (key === undefined || open === undefined) return
    const { catalogue } = open.model
    const row = catalogue.rowOfId(item)
    const take = row < 0 ? null : open.lesson.take(catalogue.itemNoOf[row])
    const place = open.items.indexOf(item)
    if (take !== null)
      await this.#feedback.note({ type: 'taken', key, position: key === list && place >= 0 ? place : null, take })
  }
}
