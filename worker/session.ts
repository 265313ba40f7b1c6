import { RecError, toRecError } from '#contract/errors'
import type { Scene } from '#contract/events'
import type { ConsentMode, EngineNotice, EngineOptions, EngineStatus, Inspection, StorageMode } from '#contract/rpc'
import type { ResidentCell } from '#worker/core/catalogue'
import type { EngineDeps, Stores, TabChannel, TabMessage } from './deps.ts'
import { Engines } from './engines/engines.ts'
import { PrivateLoop } from './feedback/private-loop.ts'
import { inspectList, inspectRelease } from './inspect.ts'
import { memoryBytes } from './memory-size.ts'
import { NextLists } from './next-lists.ts'
import { type Opened, openStores } from './open-stores.ts'
import { Poller } from './poller.ts'
import { type Area, isPassing, Problems } from './problems.ts'
import { effectiveMode } from './profile/consent.ts'
import { Deletions } from './profile/deletions.ts'
import { ProfileDesk } from './profile/desk.ts'
import { GuardedStore } from './profile/guarded-store.ts'
import { Outbox } from './profile/outbox.ts'
import { Profile } from './profile/profile.ts'
import { createEdgeClient, type EdgeClient } from './release/edge.ts'
import { planFetches } from './release/fetch-plan.ts'
import { type Installation, ReleaseKeeper } from './release/keeper.ts'
import { ObjectSource } from './release/objects.ts'
import { Shelves } from './shelves.ts'
import { StoreAudit } from './store-audit.ts'
import { resolveTier, type Tier } from './tiers.ts'

/** How often the channel is looked at, and where the visitor saves data. */
const POLL_MS = 60_000
const FRUGAL_POLL_MS = 600_000

/** When a download that broke off is tried again for the first time; after that as often as the channel is looked at. */
const RETRY_MS = 10_000

/** Engines of a hidden tab are given back after this. */
const HIDDEN_MS = 30_000

/** The page paints its first lists before a runtime is loaded. */
const ENGINES_DELAY_MS = 300

/** One page's engine while it runs: wires the parts and passes on what they tell. */
export class Session {
  readonly shelves: Shelves
  readonly desk: ProfileDesk
  readonly #deps: EngineDeps
  readonly #options: EngineOptions
  readonly #tier: Tier
  readonly #storage: StorageMode
  readonly #notify: (notice: EngineNotice) => void
  readonly #problems: Problems
  readonly #stores: Stores
  readonly #source: ObjectSource
  readonly #profile: Profile
  readonly #outbox: Outbox
  readonly #deletions: Deletions
  readonly #loop: PrivateLoop
  readonly #engines: Engines
  readonly #next: NextLists
  readonly #keeper: ReleaseKeeper
  readonly #audit: StoreAudit
  readonly #poller: Poller
  readonly #channel: TabChannel
  #cancelEngines: (() => void) | null = null
  #cancelHidden: (() => void) | null = null
  #isStopped = false
  /** Settles when the profile has been read. */
  #known: Promise<void> = Promise.resolve()

  /** Opens stores and release; resolves when the first list can be made. @throws RecError when there is no release to use */
  static async open(
    deps: EngineDeps,
    options: EngineOptions,
    notify: (notice: EngineNotice) => void,
  ): Promise<Session> {
    const problems = new Problems((error) => {
      deps.log('problem', { code: error.code })
      notify({ type: 'error', error })
    })
    const name = `${options.edge}|${options.site}`
    const opened = await openStores(deps, options.storage, { name, problems })
    const session = new Session(deps, options, { notify, problems, name, ...opened })
    try {
      await session.#begin()
      return session
    } catch (thrown) {
      await session.stop()
      throw thrown
    }
  }

  private constructor(deps: EngineDeps, options: EngineOptions, given: Given) {
    const { stores, sizes, name, problems } = given
    const report = (area: Area) => (error: RecError) => problems.report(area, error)
    this.#deps = deps
    this.#options = options
    this.#notify = given.notify
    this.#problems = problems
    this.#stores = stores
    this.#storage = given.storage
    this.#tier = resolveTier(options, deps)
    const edge = createEdgeClient(deps, options.edge, options.site)
    this.#source = new ObjectSource(deps, { store: stores.shards, sizes, edge, report: report('storage') })
    const store = new GuardedStore(stores.profile, report('storage'), () => this.#makeRoom())
    this.#profile = new Profile(store, deps)
    this.#channel = deps.openChannel(`pocketshelf:${name}`, (message) => this.#hear(message))
    this.#outbox = this.#createOutbox({ store, edge, name })
    this.#deletions = new Deletions({ deps, store, edge, report: report('outbox') })
    this.#loop = this.#createLoop()
    this.#next = new NextLists({ deps, store: stores.lists, answer: (request) => this.shelves.prepare(request) })
    this.desk = this.#createDesk(store)
    const { graphBytes } = this.#tier
    this.#engines = new Engines(deps, { ...options, graphBytes }, problems.report.bind(problems))
    this.shelves = new Shelves({
      deps,
      options,
      tier: this.#tier,
      engines: this.#engines,
      profile: this.#profile,
      loop: this.#loop,
      next: this.#next,
      source: this.#source,
      report: report('engine'),
    })
    this.#keeper = this.#createKeeper(edge, name)
    this.#audit = new StoreAudit(deps, {
      source: this.#source,
      hashes: () => this.shelves.installation?.tally.hashes ?? new Set(),
      lost: async () => {
        this.#keeper.renew()
        await this.#look().catch(() => undefined) // reported by whoever looks; the next look tries again
      },
      report: report('storage'),
    })
    this.#poller = new Poller(deps, () => this.#look(), this.#tier.isFrugal ? FRUGAL_POLL_MS : POLL_MS)
  }

  /** Looks for a newer release now. @throws RecError of the look */
  async refresh(): Promise<EngineStatus> {
    this.shelves.endFirstList() // whoever asks for the release does not wait for a list
    await this.#poller.now()
    return this.status()
  }

  /** The page was hidden or shown. */
  visibility(isHidden: boolean): null {
    this.#cancelHidden?.()
    this.#cancelHidden = null
    this.#loop.isHidden = isHidden
    if (!isHidden) {
      this.#poller.resume()
      this.#scheduleEngines()
      return null
    }
    this.#poller.pause()
    this.#cancelEngines?.()
    this.#outbox.hurry()
    this.#cancelHidden = this.#deps.after(HIDDEN_MS, () => {
      this.shelves.dropEngines().catch((thrown: unknown) => this.#problems.report('engine', toRecError(thrown)))
    })
    return null
  }

  status(): EngineStatus {
    const { shelves } = this
    const model = shelves.model
    const retrievers = model?.retrievers.map(({ name }) => name) ?? []
    return {
      release: model?.manifest.release ?? null,
      sequence: this.#keeper.sequence,
      tier: this.#tier.name,
      residentItems: model?.catalogue.rowCount ?? 0,
      residentCells: model?.catalogue.cells.length ?? 0,
      totalCells: model?.table?.cells.length ?? 0,
      storedBytes: this.#source.storedBytes(),
      memoryBytes: model === null ? 0 : memoryBytes(model),
      storage: this.#storage,
      ranker: shelves.ranker,
      retrievers: [...new Set(retrievers)],
      historyItems: this.#profile.summary.liked.length,
      consent: this.desk.mode,
      pendingEvents: this.#outbox.pending,
      sentEvents: this.#outbox.sentEvents,
      lastSentAt: this.#outbox.lastSentAt,
      lastError: this.#problems.last,
    }
  }

  /** Everything behind the lists, for a developer who looks. @throws RecError `not-ready` */
  async inspect(scene: Scene): Promise<Inspection> {
    const { installation, model } = this.shelves
    if (installation === null || model === null) throw new RecError('not-ready', 'no release is loaded yet')
    const traced = await this.shelves.again(scene)
    const { fetched, reused, ...release } = inspectRelease(installation, model)
    const { consent, events, preferences } = this.#profile
    return {
      status: this.status(),
      list: traced === null ? null : inspectList(traced),
      ...release,
      objects: { stored: this.#source.stored.size, fetched, reused },
      ledger: {
        events: events.length,
        choice: consent?.choice ?? null,
        expires: consent?.expires ?? null,
        preferences,
      },
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#poller.pause()
    this.#cancelEngines?.()
    this.#cancelHidden?.()
    this.#audit.stop()
    this.#next.stop()
    this.#outbox.stop()
    this.#deletions.stop()
    this.#channel.close()
    await this.shelves.close()
    this.#loop.stop()
    this.#stores.profile.close()
    this.#stores.shards.close()
  }

  #createOutbox({ store, edge, name }: { store: GuardedStore; edge: EdgeClient; name: string }): Outbox {
    return new Outbox({
      deps: this.#deps,
      store,
      edge,
      lockName: `pocketshelf:outbox:${name}`,
      mode: () => this.#modeNow(),
      report: (error) => this.#problems.report('outbox', error),
    })
  }

  /** The mode in force, consent read anew: another tab may have withdrawn it. */
  async #modeNow(): Promise<ConsentMode> {
    await this.#profile.loadConsent()
    return effectiveMode(this.#options, this.#profile.consent, this.#deps)
  }

  #createLoop(): PrivateLoop {
    return new PrivateLoop({
      deps: this.#deps,
      options: this.#options,
      store: this.#stores.feedback,
      mode: () => this.#modeNow(),
      refused: (thrown, fallback = 'storage-refused') => this.#problems.report('outbox', toRecError(thrown, fallback)),
    })
  }

  #createDesk(store: GuardedStore): ProfileDesk {
    return new ProfileDesk({
      deps: this.#deps,
      options: this.#options,
      profile: this.#profile,
      outbox: this.#outbox,
      store,
      deletions: this.#deletions,
      loop: this.#loop,
      next: this.#next,
      origin: () => this.#origin(),
      changed: () => {
        this.#notify({ type: 'profile-changed' })
        this.#enrich()
      },
      post: (message) => this.#channel.post(message),
    })
  }

  #createKeeper(edge: EdgeClient, name: string): ReleaseKeeper {
    return new ReleaseKeeper({
      deps: this.#deps,
      options: this.#options,
      tier: this.#tier,
      store: this.#stores.shards,
      source: this.#source,
      edge,
      lockName: `pocketshelf:download:${name}`,
      draw: {
        get: async () => {
          await this.#known
          return this.#profile.draw
        },
        set: (draw) => this.#profile.setDraw(draw),
      },
      plan: async (root) => {
        await this.#known
        const { shards: store } = this.#stores
        return planFetches(root, { tier: this.#tier, profile: this.#profile, store, random: this.#deps.random })
      },
      firstList: () => this.shelves.firstList(),
      install: (installation, cells) => this.#install(installation, cells),
      report: (error) => {
        this.#problems.report('release', error)
        if (isPassing(error)) this.#poller.schedule(RETRY_MS * (1 + this.#deps.random()))
      },
      announce: () => this.#channel.post({ type: 'release' }),
    })
  }

  async #begin(): Promise<void> {
    this.#known = this.#remember()
    this.#known.catch(() => undefined) // awaited below; it may fail before
    const [wasKept] = await Promise.all([this.#keeper.start(), this.#known])
    this.#poller.schedule(wasKept ? 0 : undefined)
  }

  /** Reads what the device knows of its visitor, while the release is being opened. */
  async #remember(): Promise<void> {
    await Promise.all([this.#profile.load(), this.#outbox.load()])
    if (!this.#deps.isPage) return // what leaves is the pages' affair
    this.#deletions.resume()
    if (this.desk.mode === 'first-party') this.#outbox.schedule()
    else await this.#outbox.drop()
    await this.#loop.start(this.#profile.consent !== null)
  }

  async #look(): Promise<void> {
    await this.#keeper.refresh()
    this.#problems.clear('release')
    const mayRetry = this.#engines.mayRetry()
    if (mayRetry && (await this.#engines.regainKernel())) {
      this.#keeper.renew()
      await this.#keeper.refresh()
    } else if (mayRetry || this.#problems.isPassing('engine')) this.#scheduleEngines() // what did not arrive may be had now
  }

  async #install(installation: Installation, cells: readonly ResidentCell[]): Promise<void> {
    if (this.#isStopped) return
    const before = this.shelves.installation
    await this.#loop.adopt(installation)
    if (installation.isComplete) this.#problems.clear('kernel')
    await this.shelves.install(installation, cells)
    const { release } = installation.root.manifest
    const personal = this.#profile.summary.liked.length > 0
    if (before === null) this.#notify({ type: 'ready', release, personal })
    else if (before.root.manifestHash !== installation.root.manifestHash) {
      const { fetched, reused } = installation.tally
      this.#next.changed()
      this.#notify({ type: 'release-changed', release, fetchedObjects: fetched, reusedObjects: reused })
    }
    if (!installation.isComplete) return
    this.#next.seen() // lists so far were of a part of the catalogue
    this.#scheduleEngines()
    this.#enrich()
  }

  #scheduleEngines(): void {
    if (this.#isStopped || this.shelves.installation?.isComplete !== true) return
    this.#cancelEngines?.()
    this.#cancelEngines = this.#deps.after(ENGINES_DELAY_MS, () => {
      this.#cancelEngines = null
      this.#problems.clear('engine')
      this.shelves.openEngines().then(
        () => {
          this.#notify({ type: 'engines-ready' })
          if (!this.#isStopped) this.#audit.schedule()
        },
        (thrown: unknown) => this.#problems.report('engine', toRecError(thrown)),
      )
    })
  }

  /** Learns what it must of history items that are not on this device; a failure leaves them out until the next page. */
  #enrich(): void {
    this.shelves.findOutside().then(
      (isRicher) => isRicher && this.#notify({ type: 'profile-changed' }),
      (thrown: unknown) => this.#problems.report('release', toRecError(thrown)),
    )
  }

  #hear({ type }: TabMessage): void {
    const failed = (thrown: unknown): void => this.#problems.report('storage', toRecError(thrown))
    if (this.#isStopped) return
    if (type === 'forget') this.desk.dropMemory()
    else if (type === 'release') this.#keeper.adopt().catch(failed)
    else if (this.#deps.isPage) this.desk.reload().catch(failed) // a service worker's settings may be older than what pages know
  }

  #origin(): { release?: string; arm?: string } {
    const installation = this.shelves.installation
    return installation === null ? {} : { release: installation.root.manifest.release, arm: installation.arm }
  }

  #makeRoom(): Promise<number> {
    return this.#source.evict(0, this.shelves.installation?.tally.hashes ?? new Set())
  }
}

type Given = Opened & {
  readonly notify: (notice: EngineNotice) => void
  readonly problems: Problems
  readonly name: string
}
