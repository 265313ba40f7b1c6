import { RecError } from '#contract/errors'
import { FEATURE_COUNT, FEATURE_LAYOUT } from '#contract/features'
import type { Manifest } from '#contract/manifest'
import type { TreeEnsemble } from '#contract/trees'
import { createTreeScorer, type TreeScorer } from './tree-scorer.ts'

/** Scores feature rows; the engines give equal bits for the same trees. */
export interface Ranker {
  readonly name: 'onnx' | 'trees'
  /**
   * @param rows - Row-major, count × FEATURE_COUNT, finite; read only.
   * @returns A new array of count scores, larger is better.
   */
  score(rows: Float32Array, count: number): Promise<Float32Array>
}

/**
 * The ranker that needs no runtime.
 * @param createScorer - What scores; plain JavaScript by default.
 * @throws RecError `model-mismatch` when the trees expect another feature layout.
 */
export function createTreesRanker(
  trees: TreeEnsemble,
  createScorer: (trees: TreeEnsemble) => TreeScorer = createTreeScorer,
): Ranker {
  if (trees.layout !== FEATURE_LAYOUT || trees.featureCount !== FEATURE_COUNT)
    throw new RecError('model-mismatch', 'the trees expect another feature layout', { layout: trees.layout })
  const score = createScorer(trees)
  return { name: 'trees', score: async (rows, count) => score(rows, count) }
}

/**
 * Adds the manifest's linear head to ranker scores in place: fround(score + (bias + Σ weight · feature)), summed in double
 * precision in the head's order.
 */
export function addLinearHead(scores: Float32Array, rows: Float32Array, head: Manifest['linearHead']): void {
  if (head === null) return
  for (let i = 0; i < scores.length; i++) {
    let sum = head.bias
    for (let k = 0; k < head.features.length; k++) sum += head.weights[k] * rows[i * FEATURE_COUNT + head.features[k]]
    scores[i] += sum
  }
}
