import type { RobustEstimate } from './robust-mean.ts'
import { norm, shrink, withinLength } from './trust-region.ts'

/** What a step of the linear head is measured by. */
export type RankScale = {
  /** Norm that devices cut the gradient to. */
  readonly clip: number
  /** Public scale of each feature: devices report gradients of features divided by it. */
  readonly featureScale: readonly number[]
  /** Mean curvature of the loss per standardised weight, about mean p (1 - p); larger takes smaller steps. */
  readonly curvature: number
  /** Standard deviation of the tree score over candidates. */
  readonly treeDeviation: number
}

/**
 * One step of the linear head against the mean gradient, shrunk by its noise, on the standardised scale no longer than
 * max(0.5 |w|, 0.1 standard deviations of the tree score).
 * @param weights - The head's weights as they stand in the manifest.
 * @returns New weights, in the same order.
 */
export function updateRank(weights: readonly number[], gradient: RobustEstimate, scale: RankScale): readonly number[] {
  const standard = weights.map((weight, d) => weight * scale.featureScale[d])
  const variance = norm(gradient.standardError) ** 2 / gradient.standardError.length
  const shrunk = shrink(gradient.mean, variance)
  const step = shrunk.map((value) => (-value * scale.clip) / scale.curvature)
  withinLength(step, Math.max(0.5 * norm(standard), 0.1 * scale.treeDeviation))
  return standard.map((weight, d) =>
    scale.featureScale[d] > 0 ? Math.fround((weight + step[d]) / scale.featureScale[d]) : weights[d],
  )
}
