import { RecError, toRecError } from '#contract/errors'
import type { CardView, EngineOptions, RecommendReply, RecommendRequest } from '#contract/rpc'
import { closeModel, type Model } from '#worker/core/model'
import type { OnnxRanker } from '#worker/core/onnx-ranker'
import { createTreesRanker, type Ranker } from '#worker/core/ranker'
import { recommend } from '#worker/core/recommend'
import type { EngineDeps } from './deps.ts'
import type { Engines } from './engines/engines.ts'
import type { Profile } from './profile/profile.ts'
import { createQueue } from './queue.ts'
import type { Installation } from './release/keeper.ts'
import type { ObjectSource } from './release/objects.ts'
import { toBase64Url } from './release/verify.ts'
import { cardView, toReply } from './reply.ts'
import { checkRequest, toQuery } from './request.ts'
import { type CardSearch, createCardSearch } from './search.ts'
import { readVisitor, type Visitor } from './visitor.ts'

export type ShelvesParts = {
  readonly deps: EngineDeps
  readonly options: EngineOptions
  readonly engines: Engines
  readonly profile: Profile
  readonly source: ObjectSource
  /** Whether the tier runs ONNX. */
  readonly wantsOnnx: boolean
  readonly report: (error: RecError) => void
}

type Live = {
  readonly installation: Installation
  readonly model: Model
  readonly cards: CardSearch
  readonly trees: Ranker | null
}

/** Answers from the release in use. Answers and switches stand in one queue, so that an answer never mixes two releases. */
export class Shelves {
  readonly #parts: ShelvesParts
  readonly #queue = createQueue()
  #live: Live | null = null
  #onnx: { readonly ranker: OnnxRanker; readonly hash: string } | null = null
  #visitor: { readonly model: Model; readonly version: number; readonly visitor: Visitor } | null = null

  constructor(parts: ShelvesParts) {
    this.#parts = parts
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
  async install(installation: Installation): Promise<void> {
    const model = await this.#parts.engines.model(installation)
    const trees = model.trees === null ? null : createTreesRanker(model.trees)
    await this.#queue(async () => {
      const last = this.#live
      this.#live = { installation, model, trees, cards: createCardSearch(model) }
      if (last !== null) closeModel(last.model)
    })
  }

  /** Loads what ranks and searches faster; the simpler engines stay where it fails. */
  async openEngines(): Promise<void> {
    const live = this.#live
    const { engines, source, wantsOnnx, report } = this.#parts
    const hash = live?.installation.root.ranker?.onnx.hash
    if (live === null || !wantsOnnx || live.trees === null || hash === undefined || this.#onnx?.hash === hash) return
    try {
      const ranker = await engines.ranker(live.installation, source)
      if (ranker === null) return
      await this.#closeOnnx()
      this.#onnx = { ranker, hash }
    } catch (thrown) {
      report(toRecError(thrown, 'engine-unavailable'))
    }
  }

  /** Gives back what `openEngines` took. */
  async dropEngines(): Promise<void> {
    await this.#closeOnnx()
  }

  /** @throws RecError `bad-request`, `not-ready` */
  async recommend(request: RecommendRequest): Promise<RecommendReply> {
    checkRequest(request)
    return this.#queue(async () => {
      const live = this.#need()
      const visitor = this.visitor(live.model)
      const { deps, options } = this.#parts
      const now = deps.nowMs()
      const query = toQuery(live.model, visitor, request, {
        now,
        tzOffsetMin: deps.tzOffsetMin(request.now ?? now),
        device: options.device,
      })
      const clock = { rng: deps.random, nowMs: deps.monotonicMs }
      const onnx = this.#onnxOf(live)
      const list = toBase64Url(deps.randomBytes(12))
      const answer = async (ranker: Ranker | null): Promise<RecommendReply> =>
        toReply(live.model, visitor, await recommend(live.model, ranker, query, clock), list)
      if (onnx === null) return answer(live.trees)
      try {
        return await answer(onnx)
      } catch (thrown) {
        this.#onnx = null // the trees give the same scores
        this.#parts.report(toRecError(thrown, 'engine-unavailable'))
        return answer(live.trees)
      }
    })
  }

  /** Cards of resident items, in the order asked. @throws RecError `not-ready` */
  async cards(ids: readonly string[]): Promise<readonly CardView[]> {
    return this.#queue(async () => {
      const { model } = this.#need()
      const views = ids.map((id) => model.catalogue.rowOfId(id)).map((row) => (row < 0 ? null : cardView(model, row)))
      return views.filter((view) => view !== null)
    })
  }

  /** Search over the resident cards. @throws RecError `not-ready` */
  get search(): CardSearch {
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
    await this.#closeOnnx()
    await this.#queue(async () => {
      if (this.#live !== null) closeModel(this.#live.model)
      this.#live = null
    })
  }

  #need(): Live {
    if (this.#live === null) throw new RecError('not-ready', 'no release is loaded yet')
    return this.#live
  }

  #onnxOf(live: Live | null): OnnxRanker | null {
    return this.#onnx?.hash === live?.installation.root.ranker?.onnx.hash ? (this.#onnx?.ranker ?? null) : null
  }

  async #closeOnnx(): Promise<void> {
    await this.#queue(async () => {
      const last = this.#onnx
      this.#onnx = null
      await last?.ranker.close()
    })
  }
}
