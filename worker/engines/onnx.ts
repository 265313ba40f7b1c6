import { RecError, toRecError } from '#contract/errors'
import type { EngineOptions } from '#contract/rpc'
import type { OrtModule } from '#worker/core/onnx-session'
import type { EngineDeps } from '../deps.ts'
import { assetUrl, fetchAsset } from './assets.ts'

type OrtNamespace = OrtModule & {
  readonly env: { logLevel?: string; readonly wasm: { wasmBinary?: ArrayBuffer; numThreads?: number; proxy?: boolean } }
}

/**
 * Loads ONNX Runtime: its glue by URL, its binary as bytes, so that it fetches nothing by itself. One thread, no worker of its own.
 * @throws RecError `engine-unavailable`
 */
export async function loadOrt(
  deps: Pick<EngineDeps, 'fetch' | 'after' | 'importModule'>,
  assets: EngineOptions['assets'],
): Promise<OrtModule> {
  const binary = await fetchAsset(deps, assetUrl(assets, 'ortWasm'))
  try {
    const ort = (await deps.importModule(assetUrl(assets, 'ortJs'))) as OrtNamespace // the built copy of onnxruntime-web/wasm
    if (typeof ort.InferenceSession?.create !== 'function')
      throw new RecError('engine-unavailable', 'the ONNX glue is something else')
    ort.env.wasm.wasmBinary = binary.buffer
    ort.env.wasm.numThreads = 1
    ort.env.wasm.proxy = false
    ort.env.logLevel = 'error'
    return ort
  } catch (thrown) {
    throw toRecError(thrown, 'engine-unavailable')
  }
}
