import { RecError, toRecError } from '#contract/errors'
import type { Scene } from '#contract/events'
import { isItemId } from '#contract/limits'
import { sequenceSpaceOf } from '#contract/manifest'
import type { CardView, EngineOptions, Explanation, RecommendReply, RecommendRequest } from '#contract/rpc'
import type { ResidentCell } from '#worker/core/catalogue'
import type { OnnxEncoder } from '#worker/core/encoder/onnx-encoder'
import type { Model } from '#worker/core/model'
import type { OnnxRanker } from '#worker/core/onnx-ranker'
import type { Ranker } from '#worker/core/ranker'
import { recommend, type Trace } from '#worker/core/recommend'
import { hasMasks } from '#worker/core/tree-scorer'
import type { EngineDeps } from './deps.ts'
import type { Built, Engines } from './engines/engines.ts'
import { explainItem, type Traced } from './explain.ts'
import type { PrivateLoop } from './feedback/private-loop.ts'
import type { NextLists } from './next-lists.ts'
import type { Profile } from './profile/profile.ts'
import { createQueue } from './queue.ts'
import type { Installation } from './release/keeper.ts'
import type { ObjectSource } from './release/objects.ts'
import { findOutside } from './release/outside.ts'
import { toBase64Url } from './release/verify.ts'
import { cardView, toReply } from './reply.ts'
import { checkRequest, toQuery } from './request.ts'
import { type CardSearch, createCardSearch } from './search.ts'
import type { Tier } from './tiers.ts'
import { readVisitor, type Visitor } from './visitor.ts'

export type ShelvesParts = {
  readonly deps: EngineDeps
  readonly options: EngineOptions
  readonly engines: Engines
  readonly profile: Profile
  readonly loop: PrivateLoop
  readonly next: NextLists
  readonly source: ObjectSource
  readonly tier: Tier
  readonly report: (error: RecError) => void
}

type Live = {
  readonly installation: Installation
  readonly built: Built
  /** The built model, with the engines that serve it now. */
  readonly model: Model
  readonly cards: CardSearch
  readonly trees: Ranker | null
}

/** A page that was loaded asks for its first list within this time, or asks for none. */
const FIRST_LIST_MS = 250

/** A patient request waits for the rest of the catalogue as long as this, ms. */
const PATIENCE_MS = 2_000

/** Answers from the release in use. Answers and switches stand in one queue, so that an answer never mixes two releases. */
export class Shelves {
  readonly #parts: ShelvesParts
  readonly #queue = createQueue()
  readonly #foreign = new Set<string>()
  readonly #asked = new Map<Scene, RecommendRequest>()
  #live: Live | null = null
  #onnx: { readonly ranker: OnnxRanker; readonly hash: string } | null = null
  #encoder: { readonly encoder: OnnxEncoder; readonly hash: string } | null = null
  #visitor: { readonly model: Model; readonly version: number; readonly visitor: Visitor } | null = null

  /** Ends the wait for the first list. */
  endFirstList: () => void = () => undefined
  #becomeWhole: () => void = () => undefined
  /** Settles when all that this device can have of a release was installed. */
  readonly #whole = new Promise<void>((resolve) => {
    this.#becomeWhole = resolve
  })

  constructor(parts: ShelvesParts) {
    this.#parts = parts
  }

  /** Settles once the first list was made, or its wait was ended, or nobody has asked for one in a while. */
  async firstList(): Promise<void> {
    const { deps } = this.#parts
    if (!deps.isPage) return
    await new Promise<void>((resolve) => {
      this.endFirstList = resolve
      deps.after(FIRST_LIST_MS, resolve)
    })
  }

  get installation(): Installation | null {
    return this.#live?.installation ?? null
  }

  get model(): Model | null {
    return this.#live?.model ?? null
  }

  /** What ranks now. */
  get ranker(): 'onnx' | 'trees' | 'none' {
    return this.#onnxOf(this.#live) === null ? (this.#live?.trees?.name ?? 'none') : 'onnx'
  }

  /** Makes a model of an installation and switches to it. */
  async install(installation: Installation, cells: readonly ResidentCell[]): Promise<void> {
    const built = await this.#parts.engines.build(installation, cells)
    const { model, trees } = built
    await this.#switch({ installation, built, model, trees, cards: createCardSearch(model) })
    if (installation.isComplete) this.#becomeWhole()
  }

  /** Loads what ranks and searches faster; the simpler engines stay where it fails. */
  async openEngines(): Promise<void> {
    const live = this.#live
    if (live === null) return
    const { engines, source, tier } = this.#parts
    const { installation, built } = live
    const hash = installation.root.ranker?.onnx.hash
    if (this.#wantsOnnx(live) && hash !== undefined && this.#onnx?.hash !== hash) {
      const ranker = await engines.ranker(installation, source)
      if (ranker !== null) await this.#useOnnx({ ranker, hash })
    }
    await this.#openEncoder(live)
    if (tier.graphBytes === 0 || live.model !== built.model) return
    const retrievers = await engines.graphs(built, { installation, source })
    if (retrievers === null) return
    if (this.#live === live) await this.#switch({ ...live, model: { ...built.model, retrievers } })
    else for (const retriever of retrievers) retriever.close() // another release came meanwhile
  }

  /**
   * Looks up items of the history whose cells are not here, where the release has more cells than the device.
   * @returns Whether the history is richer now.
   */
  async findOutside(): Promise<boolean> {
    const live = this.#live
    const { deps, source, profile, tier } = this.#parts
    if (live?.installation.isComplete !== true || tier.isFrugal) return false
    const { catalogue, table, manifest } = live.model
    if (table === null || catalogue.cells.length === table.cells.length) return false
    const spaceId = manifest.spaces[0]?.spaceId
    const isUnknown = (id: string): boolean =>
      catalogue.rowOfId(id) < 0 && profile.snapshots.get(id)?.spaceId !== spaceId && !this.#foreign.has(id)
    const ids = profile.summary.liked.map(({ id }) => id).filter(isUnknown)
    if (ids.length === 0) return false
    for (const id of ids) this.#foreign.add(id) // asked once a page, found or not
    const resident = new Set(catalogue.cells.map(({ cellIndex }) => cellIndex))
    const found = await findOutside(ids, { deps, source, installation: live.installation, resident })
    const liked = new Set(profile.summary.liked.map(({ id }) => id)) // the visitor may have had some forgotten meanwhile
    await profile.keepSnapshots(new Map([...found].filter(([id]) => liked.has(id))))
    this.#visitor = null
    return found.size > 0
  }

  /** Gives back what `openEngines` took; the exact scan and the trees go on. */
  async dropEngines(): Promise<void> {
    await this.#useOnnx(null)
    await this.#useEncoder(null)
    const live = this.#live
    if (live !== null && live.model !== live.built.model) await this.#switch({ ...live, model: live.built.model })
    this.#parts.engines.drop()
  }

  /** @throws RecError `bad-request`, `not-ready` */
  async recommend(request: RecommendRequest): Promise<RecommendReply> {
    checkRequest(request)
    this.#asked.set(request.scene, request)
    const { deps, loop, next } = this.#parts
    if (request.isPatient) {
      this.endFirstList()
      await Promise.race([this.#whole, new Promise<void>((resolve) => deps.after(PATIENCE_MS, resolve))])
    }
    try {
      if (!loop.wantsLists) return (await this.#answer(request)).reply
      const { reply, model, trace } = await this.#traced(request)
      loop.opened(reply, trace, model)
      return reply
    } finally {
      next.asked(request)
      this.endFirstList()
    }
  }

  /** A list that nobody sees yet. @throws RecError `bad-request`, `not-ready` */
  async prepare(request: RecommendRequest): Promise<RecommendReply> {
    checkRequest(request)
    return (await this.#answer(request)).reply
  }

  /** Why an item is in the list of a request, or why it is not. @throws RecError `bad-request`, `not-ready` */
  async explain(id: string, request: RecommendRequest): Promise<Explanation> {
    checkRequest(request)
    if (!isItemId(id)) throw new RecError('bad-request', 'not an item id', { field: 'id' })
    return explainItem(await this.#traced(request), id)
  }

  /** A scene's last request, answered again with all that it was made of; null before the first. */
  async again(scene: Scene): Promise<Traced | null> {
    const request = this.#asked.get(scene)
    return request === undefined ? null : this.#traced(request)
  }

  async #traced(request: RecommendRequest): Promise<Traced> {
    const traces: Trace[] = []
    const answer = await this.#answer(request, (trace) => traces.push(trace))
    const trace = traces.at(-1) // the trees answered again where ONNX failed
    if (trace === undefined) throw new RecError('internal', 'an answer left no trace')
    return { ...answer, request, preferences: this.#parts.profile.preferences, trace }
  }

  #answer(
    request: RecommendRequest,
    trace?: (trace: Trace) => void,
  ): Promise<Pick<Traced, 'reply' | 'model' | 'visitor' | 'rules'>> {
    return this.#queue(async () => {
      const live = this.#need()
      const { model } = live
      const visitor = this.visitor(model)
      const { deps, options, profile } = this.#parts
      const now = deps.nowMs()
      const query = toQuery(model, visitor, request, {
        now,
        tzOffsetMin: deps.tzOffsetMin(request.now ?? now),
        device: options.device,
        preferences: profile.preferences,
      })
      const clock = { rng: deps.random, nowMs: deps.monotonicMs, ...(trace === undefined ? {} : { trace }) }
      const onnx = this.#onnxOf(live)
      const encoder = this.#encoderOf(live)
      const list = toBase64Url(deps.randomBytes(12))
      const rank = async (ranker: Ranker | null, reader: OnnxEncoder | null) => {
        const ranked = await recommend(model, ranker, query, { ...clock, encoder: reader })
        const reply = toReply(model, visitor, ranked, list)
        return {
          reply,
          model,
          visitor,
          rules: query.rules === null ? null : { ...model.manifest.rules, ...query.rules },
        }
      }
      if (onnx === null && encoder === null) return rank(live.trees, null)
      try {
        return await rank(onnx ?? live.trees, encoder)
      } catch (thrown) {
        this.#onnx = null // trees give the same scores
        this.#encoder = null
        this.#parts.report(toRecError(thrown, 'engine-unavailable'))
        return rank(live.trees, null)
      }
    })
  }

  /** Cards of resident items, in the order asked. @throws RecError `not-ready` */
  async cards(ids: readonly string[]): Promise<readonly CardView[]> {
    this.endFirstList() // this is of the whole catalogue
    return this.#queue(async () => {
      const { model } = this.#need()
      const views = ids.map((id) => model.catalogue.rowOfId(id)).map((row) => (row < 0 ? null : cardView(model, row)))
      return views.filter((view) => view !== null)
    })
  }

  /** Search over the resident cards. @throws RecError `not-ready` */
  get search(): CardSearch {
    this.endFirstList()
    return this.#need().cards
  }

  /** The visitor in a model's terms, read once per change of either. */
  visitor(model: Model): Visitor {
    const { profile } = this.#parts
    if (this.#visitor?.model === model && this.#visitor.version === profile.version) return this.#visitor.visitor
    const { visitor, changed } = readVisitor(model, profile)
    if (changed.size > 0)
      profile.keepSnapshots(changed).catch((thrown: unknown) => this.#parts.report(toRecError(thrown)))
    this.#visitor = { model, version: profile.version, visitor }
    return visitor
  }

  async close(): Promise<void> {
    await this.#useOnnx(null)
    await this.#useEncoder(null)
    await this.#switch(null)
  }

  /** The rule of docs/decisions/0010: trees of up to 32 leaves rank faster here than in ONNX Runtime. */
  #wantsOnnx({ model }: Live): boolean {
    const { options, tier } = this.#parts
    const choice = options.ranker ?? 'auto'
    if (choice !== 'auto') return choice === 'onnx'
    return tier.onnx && (model.trees === null || !hasMasks(model.trees))
  }

  #need(): Live {
    if (this.#live === null) throw new RecError('not-ready', 'no release is loaded yet')
    return this.#live
  }

  #onnxOf(live: Live | null): OnnxRanker | null {
    return this.#onnx?.hash === live?.installation.root.ranker?.onnx.hash ? (this.#onnx?.ranker ?? null) : null
  }

  async #useOnnx(next: { readonly ranker: OnnxRanker; readonly hash: string } | null): Promise<void> {
    await this.#queue(async () => {
      const last = this.#onnx
      this.#onnx = next
      await last?.ranker.close()
    })
  }

  /** Loads what reads the order of histories, where a release has it and the tier runs ONNX. */
  async #openEncoder({ installation }: Live): Promise<void> {
    const { engines, source, tier } = this.#parts
    const hash = encoderHash(installation)
    if (!tier.onnx || hash === undefined || this.#encoder?.hash === hash) return
    const encoder = await engines.encoder(installation, source)
    if (encoder !== null) await this.#useEncoder({ encoder, hash })
  }

  #encoderOf({ installation }: Live): OnnxEncoder | null {
    return this.#encoder?.hash === encoderHash(installation) ? (this.#encoder?.encoder ?? null) : null
  }

  async #useEncoder(next: { readonly encoder: OnnxEncoder; readonly hash: string } | null): Promise<void> {
    await this.#queue(async () => {
      const last = this.#encoder
      this.#encoder = next
      await last?.encoder.close()
    })
  }

  /** Between two answers; engines that the next state does not use are closed. */
  async #switch(next: Live | null): Promise<void> {
    await this.#queue(async () => {
      const kept = new Set([...(next?.model.retrievers ?? []), ...(next?.built.model.retrievers ?? [])])
      for (const retriever of this.#live?.model.retrievers ?? []) if (!kept.has(retriever)) retriever.close()
      this.#live = next
    })
  }
}

function encoderHash({ root }: Installation): string | undefined {
  return sequenceSpaceOf(root.manifest)?.space.encoder.model.hash
}
