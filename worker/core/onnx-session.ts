import { toRecError } from '#contract/errors'

interface OrtTensor {
  readonly data: unknown
}

interface OrtSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
}

/** The part of the `onnxruntime-web/wasm` namespace that models need; its environment (wasm bytes, threads) is set by whoever loads it. */
export interface OrtModule {
  readonly InferenceSession: { create(model: Uint8Array, options?: Record<string, unknown>): Promise<OrtSession> }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor
}

/** Opens a model. @throws RecError `model-malformed` when the runtime refuses it. */
export async function openSession(ort: OrtModule, model: Uint8Array): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(model, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
  } catch (thrown) {
    throw toRecError(thrown, 'model-malformed')
  }
}
