import { type RecError, toRecError } from '#contract/errors'
import { secondSpaceOf, sequenceSpaceOf } from '#contract/manifest'
import type { EngineOptions } from '#contract/rpc'
import type { TreeEnsemble } from '#contract/trees'
import { type Allocate, type Catalogue, createCatalogue, type ResidentCell } from '#worker/core/catalogue'
import { createOnnxEncoder, type OnnxEncoder } from '#worker/core/encoder/onnx-encoder'
import { openSequence, type SequenceSearch } from '#worker/core/encoder/sequence-search'
import { createModel, type Model } from '#worker/core/model'
import { createOnnxRanker, type OnnxRanker } from '#worker/core/onnx-ranker'
import type { OrtModule } from '#worker/core/onnx-session'
import { createTreesRanker, type Ranker } from '#worker/core/ranker'
import type { Retriever } from '#worker/core/retriever'
import { createJsScan } from '#worker/core/scan/scan-js'
import { createScanMemory, type ScanMemory } from '#worker/core/scan/wasm-scan'
import { createWasmTrees } from '#worker/core/scan/wasm-trees'
import { hasMasks } from '#worker/core/tree-scorer'
import type { EngineDeps } from '../deps.ts'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import { assetUrl, DEADLINE_MS, fetchAsset } from './assets.ts'
import type { GraphEngine } from './graph-engine.ts'
import { coverRows, type OpenGraphs } from './graphs.ts'
import { linkRoomOf, loadGraphEngine, NODE_BYTES, type OpenScan, wholeGroups } from './groups.ts'
import { loadOrt } from './onnx.ts'

type Needs = Pick<EngineDeps, 'fetch' | 'after' | 'importModule'>

/** An engine file that did not arrive is asked for again so often; one that was changed on its way never arrives. */
const MOST_RETRIES = 5

/** A model, and the engines that can serve any of its rows. */
export type Built = {
  readonly model: Model
  /** What ranks without a runtime, or null where the release has no trees. */
  readonly trees: Ranker | null
  readonly openScan: OpenScan
  /** Null where the kernel does not run. */
  readonly openGraphs: OpenGraphs | null
}

/** What a page and its tier let engines take. */
export type EngineLimits = Pick<EngineOptions, 'assets' | 'graphs'> & { readonly graphBytes: number }

/** A catalogue in memory, its second space opened, and what opens searches of the first. */
type LaidOut = {
  readonly catalogue: Catalogue
  readonly sequence: SequenceSearch | null
  readonly openScan: OpenScan
  readonly openGraphs: OpenGraphsOf | null
}

/** Told of what the kernel could not do, and of what the runtimes could not. */
type Report = (area: 'kernel' | 'engine', error: RecError) => void

type OpenGraphsOf = (...parts: [Parameters<OpenGraphs>[0], number]) => ReturnType<OpenGraphs>

/** Loads engines late and at most once, and falls back to the next simpler one with a report. */
export class Engines {
  readonly #deps: Needs
  readonly #assets: EngineOptions['assets']
  readonly #limits: EngineLimits
  readonly #report: Report
  #kernel: Promise<WebAssembly.Module | null> | null = null
  /** An engine file did not arrive. */
  #isWaiting = false
  #retriesLeft = MOST_RETRIES
  #ort: Promise<OrtModule> | null = null
  #hnsw: Promise<GraphEngine> | null = null

  constructor(deps: Needs, limits: EngineLimits, report: Report) {
    this.#deps = deps
    this.#assets = limits.assets
    this.#limits = limits
    this.#report = (area, error) => {
      if ('status' in error.detail) this.#isWaiting = true // see `fetchAsset`
      report(area, error)
    }
  }

  /** Lays the cells out and opens the scan: the kernel's once everything is there, plain JavaScript before and where it cannot run. */
  async build({ root, isComplete }: Installation, cells: readonly ResidentCell[]): Promise<Built> {
    const { manifest, dictionaries, gramians, trees, table } = root
    const kernel = isComplete ? await this.#openKernel() : null
    const linkRoom = this.#limits.graphBytes > 0 ? linkRoomOf(table, cells) : 0
    const memory = kernel === null ? null : this.#scanMemory(kernel, linkRoom)
    const second = kernel === null || secondSpaceOf(manifest) === null ? null : this.#scanMemory(kernel, 0)
    const { catalogue, sequence, openScan, openGraphs } = this.#layOut(memory, second, (...allocate) =>
      createCatalogue(manifest, cells, ...allocate),
    )
    const retrievers = [openScan([{ from: 0, to: catalogue.rowCount }])]
    const model = createModel({ manifest, dictionaries, catalogue, gramians, trees, table, retrievers, sequence })
    const efSearch = manifest.retrieval.efSearch
    return {
      model,
      trees: trees === null ? null : this.#trees(trees, kernel),
      openScan,
      openGraphs: openGraphs === null ? null : (graphs) => openGraphs(graphs, efSearch),
    }
  }

  /** Engines with graphs over the groups that are whole; null where none is or they cannot be had. */
  async graphs(
    { model, openScan, openGraphs }: Built,
    { installation, source }: { readonly installation: Installation; readonly source: ObjectSource },
  ): Promise<readonly Retriever[] | null> {
    const { graphBytes, graphs } = this.#limits
    const byKernel = graphs === 'hnswlib' ? null : openGraphs
    const groups = wholeGroups(model, graphBytes, byKernel === null ? NODE_BYTES.library : NODE_BYTES.kernel)
    if (groups.length === 0) return null
    const parts = { model, installation, source, openScan }
    try {
      if (byKernel !== null) return await coverRows(groups, byKernel, parts)
      this.#hnsw ??= loadGraphEngine(this.#deps, this.#assets)
      return await (await this.#hnsw).open(groups, parts)
    } catch (thrown) {
      this.#hnsw = null
      this.#report('engine', toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  /** The ONNX form of a release's ranker; null where there is none or it cannot be had. */
  async ranker({ root, tally }: Installation, source: ObjectSource): Promise<OnnxRanker | null> {
    if (root.ranker === null) return null
    try {
      const bytes = await source.read(root.ranker.onnx, (read) => read, { tally, network: true, checkHash: true })
      this.#ort ??= loadOrt(this.#deps, this.#assets)
      return await createOnnxRanker(await this.#ort, bytes)
    } catch (thrown) {
      this.#ort = null
      this.#report('engine', toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  /** The encoder of a release's sequence space; null where there is none or it cannot be had. */
  async encoder({ root, tally }: Installation, source: ObjectSource): Promise<OnnxEncoder | null> {
    const found = sequenceSpaceOf(root.manifest)
    if (found === null) return null
    try {
      const { model } = found.space.encoder
      const bytes = await source.read(model, (read) => read, { tally, network: true, checkHash: true })
      this.#ort ??= loadOrt(this.#deps, this.#assets)
      return await createOnnxEncoder(await this.#ort, bytes, found.space)
    } catch (thrown) {
      this.#ort = null
      this.#report('engine', toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  /** Lets go of the runtimes, so that their memory can be collected. */
  drop(): void {
    this.#ort = null
    this.#hnsw = null
  }

  #layOut(memory: ScanMemory | null, second: ScanMemory | null, lay: (...allocate: Allocate[]) => Catalogue): LaidOut {
    if (memory !== null) {
      try {
        const catalogue = second === null ? lay(memory.allocate) : lay(memory.allocate, second.allocate)
        memory.open(catalogue).close() // whether its memory suffices shows here
        return {
          catalogue,
          sequence: openSequence(catalogue, second?.open),
          openScan: (ranges) => memory.open(catalogue, ranges),
          openGraphs: (graphs, efSearch) => memory.openGraphs(catalogue, graphs, efSearch),
        }
      } catch (thrown) {
        const error = toRecError(thrown, 'engine-unavailable')
        if (error.code !== 'engine-unavailable') throw error
        this.#report('kernel', error)
      }
    }
    const catalogue = lay()
    const openScan: OpenScan = (ranges) => createJsScan(catalogue, ranges)
    return { catalogue, sequence: openSequence(catalogue), openScan, openGraphs: null }
  }

  /** Whether to ask again now for engine files that did not arrive. */
  mayRetry(): boolean {
    if (!this.#isWaiting || this.#retriesLeft === 0) return false
    this.#retriesLeft--
    this.#isWaiting = false
    return true
  }

  /** Whether the kernel was missing and has arrived now, so that a new model would run in it. */
  async regainKernel(): Promise<boolean> {
    return this.#kernel === null && (await this.#openKernel()) !== null
  }

  async #openKernel(): Promise<WebAssembly.Module | null> {
    this.#kernel ??= this.#compileKernel()
    const module = await this.#kernel
    if (module === null) this.#kernel = null // asked for again by whoever needs it next
    return module
  }

  /** Trees in the kernel where it runs, else in JavaScript: the same scores. @throws RecError `model-mismatch` */
  #trees(trees: TreeEnsemble, kernel: WebAssembly.Module | null): Ranker {
    if (kernel !== null && hasMasks(trees)) {
      try {
        return createTreesRanker(trees, (given) => createWasmTrees(kernel, given))
      } catch (thrown) {
        this.#report('kernel', toRecError(thrown, 'engine-unavailable'))
      }
    }
    return createTreesRanker(trees)
  }

  #scanMemory(kernel: WebAssembly.Module, linkRoom: number): ScanMemory | null {
    try {
      return createScanMemory(kernel, linkRoom)
    } catch (thrown) {
      this.#report('kernel', toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  async #compileKernel(): Promise<WebAssembly.Module | null> {
    try {
      return await WebAssembly.compile(
        await fetchAsset(this.#deps, assetUrl(this.#assets, 'scanWasm'), DEADLINE_MS.kernel),
      )
    } catch (thrown) {
      this.#report('kernel', toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }
}
