import { type RecError, toRecError } from '#contract/errors'
import type { EngineOptions } from '#contract/rpc'
import { type Catalogue, createCatalogue, type ResidentCell } from '#worker/core/catalogue'
import { createModel, type Model } from '#worker/core/model'
import { createOnnxRanker, type OnnxRanker, type OrtModule } from '#worker/core/onnx-ranker'
import type { Retriever } from '#worker/core/retriever'
import { createJsScan } from '#worker/core/scan/scan-js'
import { createScanMemory, type ScanMemory } from '#worker/core/scan/wasm-scan'
import type { EngineDeps } from '../deps.ts'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import { fetchAsset } from './assets.ts'
import type { GraphEngine } from './graph-engine.ts'
import { loadGraphEngine, type OpenScan, wholeGroups } from './groups.ts'
import { loadOrt } from './onnx.ts'

type Needs = Pick<EngineDeps, 'fetch' | 'importModule'>

/** A model and the exact engine that can serve any of its rows. */
export type Built = { readonly model: Model; readonly openScan: OpenScan }

/** Loads engines late and at most once, and falls back to the next simpler one with a report. */
export class Engines {
  readonly #deps: Needs
  readonly #assets: EngineOptions['assets']
  readonly #report: (error: RecError) => void
  #kernel: Promise<WebAssembly.Module | null> | null = null
  #ort: Promise<OrtModule> | null = null
  #hnsw: Promise<GraphEngine> | null = null

  constructor(deps: Needs, assets: EngineOptions['assets'], report: (error: RecError) => void) {
    this.#deps = deps
    this.#assets = assets
    this.#report = report
  }

  /** Lays the cells out and opens the scan: the kernel's once everything is there, plain JavaScript before and where it cannot run. */
  async build({ root, isComplete }: Installation, cells: readonly ResidentCell[]): Promise<Built> {
    const { manifest, dictionaries, gramians, trees, table } = root
    const memory = isComplete ? await this.#scanMemory() : null
    const { catalogue, openScan } = this.#layOut(memory, (allocate) => createCatalogue(manifest, cells, allocate))
    const retrievers = [openScan([{ from: 0, to: catalogue.rowCount }])]
    return { model: createModel({ manifest, dictionaries, catalogue, gramians, trees, table, retrievers }), openScan }
  }

  /** Engines with graphs over the groups that are whole; null where none is or they cannot be had. */
  async graphs(
    { model, openScan }: Built,
    { installation, source, graphBytes }: { installation: Installation; source: ObjectSource; graphBytes: number },
  ): Promise<readonly Retriever[] | null> {
    const groups = wholeGroups(model, graphBytes)
    if (groups.length === 0) return null
    this.#hnsw ??= loadGraphEngine(this.#deps, this.#assets)
    try {
      const engine = await this.#hnsw
      return await engine.open(groups, { model, installation, source, openScan })
    } catch (thrown) {
      this.#hnsw = null
      this.#report(toRecError(thrown, 'engine-unavailable'))
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
      this.#report(toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  /** Lets go of the runtimes, so that their memory can be collected. */
  drop(): void {
    this.#ort = null
    this.#hnsw = null
  }

  #layOut(
    memory: ScanMemory | null,
    lay: (allocate?: ScanMemory['allocate']) => Catalogue,
  ): { catalogue: Catalogue; openScan: OpenScan } {
    if (memory !== null) {
      try {
        const catalogue = lay(memory.allocate)
        memory.open(catalogue).close() // whether its memory suffices shows here
        return { catalogue, openScan: (ranges) => memory.open(catalogue, ranges) }
      } catch (thrown) {
        const error = toRecError(thrown, 'engine-unavailable')
        if (error.code !== 'engine-unavailable') throw error
        this.#report(error)
      }
    }
    const catalogue = lay()
    return { catalogue, openScan: (ranges) => createJsScan(catalogue, ranges) }
  }

  async #scanMemory(): Promise<ScanMemory | null> {
    this.#kernel ??= this.#compileKernel()
    const module = await this.#kernel
    if (module === null) {
      this.#kernel = null // the next release tries again
      return null
    }
    try {
      return createScanMemory(module)
    } catch (thrown) {
      this.#report(toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }

  async #compileKernel(): Promise<WebAssembly.Module | null> {
    try {
      return await WebAssembly.compile(await fetchAsset(this.#deps, this.#assets.scanWasm))
    } catch (thrown) {
      this.#report(toRecError(thrown, 'engine-unavailable'))
      return null
    }
  }
}
