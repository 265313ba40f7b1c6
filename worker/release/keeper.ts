import { RecError, toRecError } from '#contract/errors'
import { parseSignedPointer, type SignedPointer } from '#contract/pointer'
import type { EngineOptions } from '#contract/rpc'
import type { ResidentCell } from '#worker/core/catalogue'
import type { EngineDeps } from '../deps.ts'
import { isPassing } from '../problems.ts'
import { createQueue } from '../queue.ts'
import type { ShardStore } from '../store/ports.ts'
import type { Tier } from '../tiers.ts'
import { type Arm, type ArmDraw, chooseArm, drawOf } from './canary.ts'
import { type Gathered, gatherCells, startGathering } from './cells.ts'
import type { EdgeClient } from './edge.ts'
import { createTally, type ObjectSource, type Tally } from './objects.ts'
import { loadRoot, type ReleaseRoot } from './root.ts'
import { verifyPointer } from './verify.ts'

/** Cells become a new model each time the resident items grew by this factor, so that all building costs a constant times the last. */
const GROWTH = 4

const STATE = 'release'

/** What the store remembers of the channel: the accepted pointer and the manifest in use. */
type Kept = { readonly pointer: SignedPointer; readonly active: string }

/** What a model is made of, its cells apart: those are copied into the model and let go. */
export type Installation = {
  readonly root: ReleaseRoot
  /** `orderCrc` by place in the shard table. */
  readonly orderCrcs: ReadonlyMap<number, number>
  readonly arm: Arm
  readonly tally: Tally
  /** No more cells are to come for now. */
  readonly isComplete: boolean
}

export type KeeperParts = {
  readonly deps: EngineDeps
  readonly options: EngineOptions
  readonly tier: Tier
  readonly store: ShardStore
  readonly source: ObjectSource
  readonly edge: EdgeClient
  readonly lockName: string
  readonly draw: { get(): Promise<ArmDraw | null>; set(draw: ArmDraw): Promise<void> }
  /** See `planFetches`. */
  readonly plan: (root: ReleaseRoot) => Promise<readonly number[]>
  /** Settles once the first list was made or is not asked for: decoding stored cells would hold it up. */
  readonly firstList: () => Promise<void>
  /** Makes the model and switches to it at once. */
  readonly install: (installation: Installation, cells: readonly ResidentCell[]) => Promise<void>
  readonly report: (error: RecError) => void
  /** Tells other tabs that the store holds a newer release. */
  readonly announce: () => void
}

type Target = { readonly pointer: SignedPointer; readonly arm: Arm; readonly manifest: string }

/** Keeps the device on the release its channel points to; what fails leaves the release in use as it is. */
export class ReleaseKeeper {
  /** Highest sequence accepted. */
  sequence = 0
  readonly #parts: KeeperParts
  readonly #serial = createQueue()
  #target: Target | null = null
  /** Why the release in use is less than whole; the next look at the channel fetches the rest. */
  #gap: RecError | null = null

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  /**
   * Opens the kept release without the network, else the channel's.
   * @returns When the first list can be made, whether the release was the kept one; the rest follows by itself.
   */
  start(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const begin = async (): Promise<void> => {
        if (await this.#openKept(() => resolve(true))) return
        await this.#check(() => resolve(false))
      }
      this.#serial(begin).catch((thrown: unknown) => {
        const error = toRecError(thrown)
        this.#parts.report(error)
        reject(error) // without effect when the first list was there already
      })
    })
  }

  /** Looks at the channel now, and takes its release. @throws RecError when that failed; the old release stays. */
  async refresh(): Promise<void> {
    try {
      await this.#serial(() => this.#check())
    } catch (thrown) {
      const error = toRecError(thrown)
      this.#parts.report(error)
      throw error
    }
  }

  /** Has the next look make the model anew: what it is made of can be better now. */
  renew(): void {
    this.#gap ??= new RecError('object-missing', 'a part was lost or has arrived since')
  }

  /** Takes the release that another tab has stored. */
  async adopt(): Promise<void> {
    await this.#serial(async () => {
      const kept = await this.#readKept()
      if (kept === null || kept.pointer.sequence <= this.sequence) return
      await this.#update(await this.#aim(kept.pointer))
    })
  }

  async #openKept(ready: () => void): Promise<boolean> {
    const kept = await this.#readKept()
    if (kept === null) return false
    const { pointer, active } = kept
    this.sequence = pointer.sequence
    const arm: Arm = pointer.canary?.manifest === active ? 'canary' : 'main'
    try {
      await this.#open({ pointer, arm, manifest: active }, { network: false, ready })
      return true
    } catch (thrown) {
      this.#parts.deps.log('kept-release-lost', { code: toRecError(thrown).code })
      return this.#target !== null
    }
  }

  /** Takes what the channel points to; where that was replaced while it was read, what it points to then. */
  async #check(ready: () => void = () => undefined): Promise<void> {
    const pointer = await this.#ask()
    const failure = await this.#take(pointer, ready).then(() => null, toRecError)
    if ((failure ?? this.#gap)?.code === 'object-missing') {
      const next = await this.#ask()
      if (next.sequence > pointer.sequence) return this.#take(next, ready)
    }
    if (failure !== null) throw failure
    if (this.#gap !== null) this.#parts.report(this.#gap)
  }

  async #ask(): Promise<SignedPointer> {
    const { edge, options, deps } = this.#parts
    const pointer = await edge.pointer(options.channel)
    await verifyPointer(deps.subtle, options.keys, pointer, options)
    if (pointer.sequence < this.sequence) {
      throw new RecError('sequence-replayed', 'the edge offers an older release', {
        sequence: pointer.sequence,
        kept: this.sequence,
      })
    }
    return pointer
  }

  async #take(pointer: SignedPointer, ready: () => void): Promise<void> {
    const target = await this.#aim(pointer)
    if (this.#target === null) await this.#open(target, { network: true, ready })
    else if (target.manifest !== this.#target.manifest || this.#gap !== null) await this.#update(target)
    else await this.#accept(target)
  }

  async #aim(pointer: SignedPointer): Promise<Target> {
    const { deps, draw } = this.#parts
    if (pointer.canary === null) return { pointer, arm: 'main', manifest: pointer.manifest }
    const drawn = drawOf(await draw.get(), deps.nowMs(), deps.random)
    await draw.set(drawn)
    return { pointer, ...chooseArm(pointer, drawn) }
  }

  /** First release of this page: usable from its first cell on, complete later; cells that fail are left out for now. */
  async #open(target: Target, { network, ready }: { network: boolean; ready: () => void }): Promise<void> {
    const { source, tier, deps, lockName, plan, firstList } = this.#parts
    const tally = createTally()
    const options = { tally, network, tier }
    const root = await this.#loadRoot(target, options)
    const gathered = startGathering(await plan(root))
    while (gathered.cells.length === 0 && (await gatherCells(source, root, gathered, { ...options, most: 1 })));
    const [failure] = gathered.failed
    if (gathered.cells.length === 0) throw failure?.error ?? new RecError('release-missing', 'the release has no cell')
    await this.#install({ target, root, gathered, tally, isComplete: false })
    await this.#accept(target)
    this.#gap = new RecError('not-ready', 'cells are being fetched')
    ready()
    if (!network) await firstList()
    const finish = () => this.#gatherRest({ target, root, gathered, tally, isComplete: false }, network)
    await (network ? deps.exclusive(lockName, finish) : finish())
  }

  async #gatherRest(pass: Pass, network: boolean): Promise<void> {
    const { source, tier } = this.#parts
    const { root, gathered, tally } = pass
    let installed = gathered.items
    while (await gatherCells(source, root, gathered, { tally, network, tier })) {
      if (gathered.failed.at(-1)?.error.code === 'edge-unreachable') break // the rest would fail alike
      if (gathered.items < installed * GROWTH) continue
      await this.#install(pass)
      installed = gathered.items
    }
    const failure = gathered.failed[0]?.error ?? null
    this.#gap = failure ?? (isPassing(root.problem) ? root.problem : null)
    await this.#install({ ...pass, isComplete: true })
    await this.#tidy(tally)
  }

  /** Another release for a page that has one: all of it, or nothing. */
  async #update(target: Target): Promise<void> {
    const { source, tier, deps, lockName, announce, plan } = this.#parts
    await deps.exclusive(lockName, async () => {
      const tally = createTally()
      const options = { tally, network: true, tier }
      const root = await this.#loadRoot(target, options)
      const gathered = startGathering(await plan(root))
      while (await gatherCells(source, root, gathered, options)) {
        const [failure] = gathered.failed
        if (failure !== undefined) throw failure.error
      }
      await this.#install({ target, root, gathered, tally, isComplete: true })
      this.#gap = null
      await this.#accept(target)
      await this.#tidy(tally)
    })
    announce()
  }

  async #loadRoot(target: Target, options: { tally: Tally; network: boolean }): Promise<ReleaseRoot> {
    const { site, locale } = this.#parts.options
    const root = await loadRoot(this.#parts.source, { manifestHash: target.manifest, site, locale }, options)
    if (root.problem === null) return root
    if (!isPassing(root.problem)) this.#parts.report(root.problem)
    else if (this.#target !== null) throw root.problem // a page that has lists can wait for all of it
    return root
  }

  /** Makes a model of the cells, or of as many as the device has memory for: half of them, and half again. */
  async #install({ target, root, gathered, tally, isComplete }: Pass): Promise<void> {
    const { install, report } = this.#parts
    let { cells } = gathered
    for (;;) {
      const orderCrcs = new Map(cells.map(({ cellIndex, columns }) => [cellIndex, columns.orderCrc]))
      try {
        await install({ root, orderCrcs, arm: target.arm, tally, isComplete }, cells)
        break
      } catch (thrown) {
        if (!(thrown instanceof RangeError) || cells.length === 1) throw thrown
        cells = cells.slice(0, cells.length >> 1)
        report(
          new RecError('engine-unavailable', 'no memory for all cells', { cells: cells.length }, { cause: thrown }),
        )
      }
    }
    this.#target = target
  }

  /** Remembers the pointer, so that nothing older is taken and the next page starts without the network. */
  async #accept(target: Target): Promise<void> {
    const { store, report } = this.#parts
    this.sequence = target.pointer.sequence
    this.#target = target
    const kept: Kept = { pointer: target.pointer, active: target.manifest }
    await store
      .writeState(this.#stateName, kept)
      .catch((thrown: unknown) => report(toRecError(thrown, 'storage-refused')))
  }

  async #tidy({ hashes }: Tally): Promise<void> {
    await this.#parts.source.touch(hashes)
    await this.#parts.source.evict(this.#parts.tier.storedBytes, hashes)
  }

  async #readKept(): Promise<Kept | null> {
    const { store, deps, options } = this.#parts
    try {
      const value = await store.readState(this.#stateName)
      if (typeof value !== 'object' || value === null || !('pointer' in value) || !('active' in value)) return null
      const pointer = parseSignedPointer(value.pointer)
      await verifyPointer(deps.subtle, options.keys, pointer, options)
      const { active } = value
      if (active !== pointer.manifest && active !== pointer.canary?.manifest) return null
      return { pointer, active: String(active) }
    } catch (thrown) {
      deps.log('kept-pointer-refused', { code: toRecError(thrown).code })
      return null
    }
  }

  get #stateName(): string {
    return `${STATE}:${this.#parts.options.channel}`
  }
}

type Pass = {
  readonly target: Target
  readonly root: ReleaseRoot
  readonly gathered: Gathered
  readonly tally: Tally
  readonly isComplete: boolean
}
