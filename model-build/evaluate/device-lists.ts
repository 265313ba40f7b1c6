import * as ort from 'onnxruntime-web/wasm'
import type { Manifest } from '#contract/manifest'
import type { Model } from '#worker/core/model'
import { createOnnxRanker } from '#worker/core/onnx-ranker'
import type { Ranker } from '#worker/core/ranker'
import { recommend } from '#worker/core/recommend'
import type { Interactions } from '../dataset.ts'
import { withGraphs } from '../device/graph-engines.ts'
import { loadModel, type ReadObject } from '../device/resident-model.ts'
import { createVisitReader, type Visit } from '../device/visits.ts'

/** Answers a visit with item indices of the dataset, best first. */
export type Recommend = (visit: Visit, count: number) => Promise<number[]>

/** A device of the desktop tier in this process. */
export type Device = { readonly model: Model; readonly recommend: Recommend; close(): Promise<void> }

/**
 * Runs a release as a desktop-tier device would: its published bytes, the worker's code, ONNX by onnxruntime-web; rules and exploration off.
 * @param itemNos - itemNo of each item of the log.
 */
export async function openDevice(
  release: { readonly manifest: Manifest; readonly read: ReadObject },
  log: Interactions,
  itemNos: Uint32Array,
): Promise<Device> {
  const model = withGraphs(loadModel(release.manifest, release.read), release.read)
  const ranker = await openRanker(release.manifest, release.read)
  const read = createVisitReader(model, log, itemNos)
  const indexOf = new Map(Array.from(itemNos, (itemNo, index) => [itemNo, index]))
  return {
    model,
    recommend: async (visit, count) => {
      const ranked = await recommend(
        model,
        ranker,
        { ...read(visit), count, rules: null },
        { rng: () => 0.5, nowMs: () => 0 },
      )
      return ranked.items.map(({ itemNo }) => indexOf.get(itemNo) ?? -1)
    },
    close: async () => {
      for (const engine of model.retrievers) engine.close()
      await ranker?.close()
    },
  }
}

async function openRanker(manifest: Manifest, read: ReadObject): Promise<(Ranker & { close(): Promise<void> }) | null> {
  const ref = manifest.rankers[0]
  const bytes = ref === undefined ? undefined : read(ref.onnx.hash)
  if (bytes === undefined) return null
  ort.env.wasm.numThreads = 1
  return createOnnxRanker(ort, bytes)
}
