import { FEATURE_LAYOUT } from '#contract/features'
import type { RankerRef } from '#contract/manifest'
import { encodeTrees, scoreTrees, type TreeEnsemble } from '#contract/trees'
import { addLinearHead } from '#worker/core/ranker'
import { createDcnScorer, type DcnModel } from '../dcn/dcn-model.ts'
import { writeDcnOnnx } from '../dcn/dcn-onnx.ts'
import type { ObjectSet } from '../release/object-set.ts'
import { writeTreeEnsembleOnnx } from '../train/onnx-trees.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { LinearHead } from './linear-head.ts'
import type { TrainingGroup } from './training-group.ts'

/** What learns what the linear head leaves over: trees, or a deep and cross network. */
export type RankerModel =
  | { readonly kind: 'trees'; readonly trees: TreeEnsemble }
  | { readonly kind: 'dcn'; readonly network: DcnModel }

/** Scores of each list as a device gives them, head included. */
export async function scoreLists(
  model: RankerModel,
  head: LinearHead,
  lists: readonly TrainingGroup[],
  pool: KernelPool,
): Promise<ReadonlyMap<TrainingGroup, Float32Array>> {
  const scores = new Map<TrainingGroup, Float32Array>()
  const add = (list: TrainingGroup, own: Float32Array) => {
    addLinearHead(own, list.features, head)
    scores.set(list, own)
  }
  if (model.kind === 'trees') for (const list of lists) add(list, scoreTrees(model.trees, list.features, list.count))
  else
    await pool.scope(async () => {
      const score = createDcnScorer(model.network, pool)
      for (const list of lists) add(list, await score(list))
    })
  return scores
}

/** Adds a ranker's objects to a release: trees in both forms, a network as ONNX alone. */
export function addRankerObjects(objects: ObjectSet, model: RankerModel): RankerRef {
  if (model.kind === 'dcn')
    return { layout: FEATURE_LAYOUT, onnx: objects.add(writeDcnOnnx(model.network)), trees: null }
  const onnx = objects.add(writeTreeEnsembleOnnx(model.trees))
  return { layout: FEATURE_LAYOUT, onnx, trees: objects.add(encodeTrees(model.trees)) }
}
