import { RecError, toRecError } from '#contract/errors'
import type { FeedbackStatus, ForgetOptions, RecommendReply, TrackInput } from '#contract/rpc'
import { forgetFeedback, leaveAggregate } from '#worker/core/feedback/leave'
import type { Model } from '#worker/core/model'
import type { Trace } from '#worker/core/recommend'
import { assetUrl } from '../engines/assets.ts'
import { createQueue } from '../queue.ts'
import type { Adopted, LoopParts, ReportLoop } from './report-loop.ts'

/** How often a page looks whether something is due; the first time soon after it opened. */
const FIRST_TICK_MS = 30_000
const TICK_MS = 900_000

/** A page that notes a choice waits for the script as long as this. */
const ARRIVAL_MS = 2_000

/** Pieces of work that wait for the script; the oldest go first. */
const MOST_EARLY = 100

type Task = (loop: ReportLoop) => Promise<void> | void

/** What the script of private feedback exports. */
type LoopScript = { readonly ReportLoop: typeof ReportLoop }

/**
 * Connects the engine with private feedback. What writes reports is a script of its own, loaded in aggregate mode or when somebody asks what was sent;
 * leaving the mode and forgetting need it not, so that they work without the network. Outside aggregate mode nothing is kept.
 */
export class PrivateLoop {
  /** A hidden page looks at no signals, so that it writes and sends nothing. */
  isHidden = false
  readonly #parts: LoopParts
  readonly #queue = createQueue()
  #adopted: Adopted | null = null
  #isOn = false
  #loop: ReportLoop | null = null
  #loading: Promise<ReportLoop> | null = null
  #early: Task[] = []
  #cancel: (() => void) | null = null

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  /** Takes the release in use. */
  async adopt(adopted: Adopted): Promise<void> {
    this.#adopted = adopted
    if (this.#loop !== null) await this.#run((loop) => loop.adopt(adopted))
  }

  /**
   * Begins to look, now and then, whether something is due. The first list waits for neither script nor store.
   * @param hasChosen - Whether the visitor chose a mode: what this page sees of signals then counts at once, however short it is open.
   */
  async start(hasChosen: boolean): Promise<void> {
    if (hasChosen) {
      this.#isOn = (await this.#parts.mode()) === 'aggregate'
      this.#enterOrLeave().catch(this.#parts.refused)
    }
    this.#schedule(FIRST_TICK_MS)
  }

  /** Whether lists should be told to `opened`. */
  get wantsLists(): boolean {
    return this.#isOn && (this.#adopted?.root.manifest.feedback ?? null) !== null
  }

  /** A list was made; it counts once it is seen. */
  opened(reply: RecommendReply, trace: Trace, model: Model): void {
    if (this.#isOn) this.#run((loop) => loop.opened(reply, trace, model)).catch(this.#parts.refused)
  }

  /** The visitor saw or took something. */
  async tracked(events: readonly TrackInput[]): Promise<void> {
    if (this.#isOn) await this.#run((loop) => loop.tracked(events))
  }

  /** The visitor's choice or a signal may have changed; leaving aggregate mode empties what is kept. */
  async modeChanged(): Promise<void> {
    this.#isOn = (await this.#parts.mode()) === 'aggregate'
    await this.#enterOrLeave()
  }

  /** @throws RecError `engine-unavailable` where the script cannot be had, `storage-refused` */
  async status(): Promise<FeedbackStatus> {
    const loop = await this.#load()
    return this.#queue(() => loop.status())
  }

  forget(options?: ForgetOptions): Promise<void> {
    this.#clear()
    return forgetFeedback(this.#parts.store, options)
  }

  stop(): void {
    this.#cancel?.()
    this.#isOn = false
    this.#early = []
    this.#parts.store.close()
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#parts.deps.after(delayMs, () => {
      if (!this.isHidden) this.#look().catch(this.#parts.refused)
      this.#schedule(TICK_MS)
    })
  }

  async #look(): Promise<void> {
    await this.modeChanged()
    const loop = this.#loop
    if (this.#isOn && loop !== null) await this.#queue(() => loop.tick())
  }

  async #enterOrLeave(): Promise<void> {
    if (this.#isOn) {
      await this.#run((loop) => loop.entered())
      if (this.#loop === null) await this.#arrived()
      return
    }
    this.#clear()
    await leaveAggregate(this.#parts.store)
  }

  #clear(): void {
    this.#early = []
    this.#loop?.clear()
  }

  /** Gives the script work, one piece after the other. Before it has arrived nobody waits for it: work is kept, and lost with the page. */
  async #run(task: Task): Promise<void> {
    const loop = this.#loop
    if (loop !== null) return this.#queue(async () => task(loop))
    this.#early = [...this.#early, task].slice(-MOST_EARLY)
    this.#load().catch(this.#parts.refused) // the next look asks again
  }

  /** Settles once the script has arrived and done what waited for it, cannot be had, or took too long: a choice is then as good as noted. */
  #arrived(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.deps.after(ARRIVAL_MS, resolve)
      const settle = () => {
        cancel()
        resolve()
      }
      this.#load().then(() => this.#queue(async () => settle()), settle)
    })
  }

  #load(): Promise<ReportLoop> {
    this.#loading ??= this.#open().catch((thrown: unknown) => {
      this.#loading = null
      throw toRecError(thrown, 'engine-unavailable')
    })
    return this.#loading
  }

  async #open(): Promise<ReportLoop> {
    const { deps, options } = this.#parts
    const script = (await deps.importModule(assetUrl(options.assets, 'feedbackJs'))) as Partial<LoopScript> // built by worker/build/build.ts
    if (script.ReportLoop === undefined)
      throw new RecError('engine-unavailable', 'the script of private feedback is something else')
    const loop = new script.ReportLoop(this.#parts)
    const adopted = this.#adopted
    const first: Task[] = adopted === null ? [] : [() => loop.adopt(adopted)]
    this.#loop = loop
    for (const task of [...first, ...this.#early.splice(0)])
      this.#queue(async () => task(loop)).catch(this.#parts.refused)
    return loop
  }
}
