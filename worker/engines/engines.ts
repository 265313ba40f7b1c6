import { type RecError, toRecError } from '#contract/errors'
import type { EngineOptions } from '#contract/rpc'
import { type Catalogue, createCatalogue } from '#worker/core/catalogue'
import { createModel, type Model } from '#worker/core/model'
import { createOnnxRanker, type OnnxRanker, type OrtModule } from '#worker/core/onnx-ranker'
import type { Retriever } from '#worker/core/retriever'
import { createScanMemory, type ScanMemory } from '#worker/core/scan/wasm-scan'
import type { EngineDeps } from '../deps.ts'
import type { Installation } from '../release/keeper.ts'
import type { ObjectSource } from '../release/objects.ts'
import { fetchAsset } from './assets.ts'
import { loadOrt } from './onnx.ts'

type Needs = Pick<EngineDeps, 'fetch' | 'importModule'>

/** Loads engines late and at most once, and falls back to the next simpler one with a report. */
export class Engines {
  readonly #deps: Needs
  readonly #assets: EngineOptions['assets']
  readonly #report: (error: RecError) => void
  #kernel: Promise<WebAssembly.Module | null> | null = null
  #ort: Promise<OrtModule> | null = null

  constructor(deps: Needs, assets: EngineOptions['assets'], report: (error: RecError) => void) {
    this.#deps = deps
    this.#assets = assets
    this.#report = report
  }

  /** Lays the cells out and opens the scan: the kernel's once everything is there, plain JavaScript before and where it cannot run. */
  async model(installation: Installation): Promise<Model> {
    const { root, cells, isComplete } = installation
    const { manifest } = root
    const memory = isComplete ? await this.#scanMemory() : null
    const { catalogue, retrievers } = this.#layOut(memory, (allocate) => createCatalogue(manifest, cells, allocate))
    const { dictionaries, gramians, trees, table } = root
    return createModel({ manifest, dictionaries, catalogue, gramians, trees, table, ...(retrievers && { retrievers }) })
  }

  /** The ONNX form of a release's ranker. @throws RecError `engine-unavailable`, `model-malformed`, or of the download */
  async ranker({ root, tally }: Installation, source: ObjectSource): Promise<OnnxRanker | null> {
    if (root.ranker === null) return null
    const bytes = await source.read(root.ranker.onnx, (read) => read, { tally, network: true, checkHash: true })
    this.#ort ??= loadOrt(this.#deps, this.#assets)
    try {
      return await createOnnxRanker(await this.#ort, bytes)
    } catch (thrown) {
      this.#ort = null
      throw thrown
    }
  }

  #layOut(
    memory: ScanMemory | null,
    lay: (allocate?: ScanMemory['allocate']) => Catalogue,
  ): { catalogue: Catalogue; retrievers?: readonly Retriever[] } {
    if (memory === null) return { catalogue: lay() }
    try {
      const catalogue = lay(memory.allocate)
      return { catalogue, retrievers: [memory.open(catalogue)] }
    } catch (thrown) {
      const error = toRecError(thrown, 'engine-unavailable')
      if (error.code !== 'engine-unavailable') throw error
      this.#report(error)
      return { catalogue: lay() }
    }
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
