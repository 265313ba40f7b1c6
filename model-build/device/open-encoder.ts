import * as ort from 'onnxruntime-web/wasm'
import { type Manifest, sequenceSpaceOf } from '#contract/manifest'
import { createOnnxEncoder, type OnnxEncoder } from '#worker/core/encoder/onnx-encoder'
import type { ReadObject } from './resident-model.ts'

/** The encoder of a release's sequence space, in the runtime that browsers use; null where there is none. */
export async function openEncoder(manifest: Manifest, read: ReadObject): Promise<OnnxEncoder | null> {
  const found = sequenceSpaceOf(manifest)
  const bytes = found === null ? undefined : read(found.space.encoder.model.hash)
  if (found === null || bytes === undefined) return null
  ort.env.wasm.numThreads = 1
  return createOnnxEncoder(ort, bytes, found.space)
}
