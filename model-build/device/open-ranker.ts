import * as ort from 'onnxruntime-web/wasm'
import { FEATURE_LAYOUT } from '#contract/features'
import type { Model } from '#worker/core/model'
import { createOnnxRanker } from '#worker/core/onnx-ranker'
import { createTreesRanker, type Ranker } from '#worker/core/ranker'
import { createWasmTrees } from '#worker/core/scan/wasm-trees'
import { hasMasks } from '#worker/core/tree-scorer'
import type { ReadObject } from './resident-model.ts'
import { loadScanModule } from './scan-module.ts'

/** A ranker that may have something to give back. */
export type OpenRanker = Ranker & { close?(): Promise<void> }

/**
 * What ranks on a device: the release's trees in the kernel, or in the runtime that browsers use a ranker that has no trees; null where there is
 * neither.
 */
export async function openRanker({ manifest, trees }: Model, read: ReadObject): Promise<OpenRanker | null> {
  if (trees !== null) {
    const isSmall = hasMasks(trees)
    return isSmall
      ? createTreesRanker(trees, (given) => createWasmTrees(loadScanModule(), given))
      : createTreesRanker(trees)
  }
  const ref = manifest.rankers.find(({ layout }) => layout === FEATURE_LAYOUT)
  const bytes = ref === undefined ? undefined : read(ref.onnx.hash)
  return bytes === undefined ? null : openOnnxRanker(bytes)
}

/** Opens a ranker in the runtime that browsers use. @throws RecError `model-malformed` when it refuses the model. */
export function openOnnxRanker(bytes: Uint8Array): ReturnType<typeof createOnnxRanker> {
  ort.env.wasm.numThreads = 1
  return createOnnxRanker(ort, bytes)
}
