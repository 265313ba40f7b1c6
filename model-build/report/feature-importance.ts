import { FEATURE_NAMES } from '#contract/features'
import type { FittedRanker } from '../rank/fit-ranker.ts'

/** How much a ranker looks at one feature. */
export type FeatureUse = {
  readonly name: string
  /** Share of all splits of the trees. */
  readonly splits: number
  /** Share of the linear head: |weight| times the feature's middle range (deciles 1 to 9), over the sum of all. */
  readonly head: number
}

/** Features by use, most used first; those that nothing uses are left out. */
export function featureUse(ranker: FittedRanker | null): FeatureUse[] {
  if (ranker === null) return []
  const splits = new Float64Array(FEATURE_NAMES.length)
  for (const feature of ranker.trees.feature) splits[feature]++
  const head = new Float64Array(FEATURE_NAMES.length)
  ranker.linearHead.features.forEach((feature, k) => {
    const deciles = ranker.featureQuantiles[feature] ?? []
    head[feature] = Math.abs(ranker.linearHead.weights[k]) * ((deciles[9] ?? 0) - (deciles[1] ?? 0))
  })
  const share = (values: Float64Array) => {
    const total = values.reduce((sum, value) => sum + value, 0) || 1
    return values.map((value) => value / total)
  }
  const [bySplits, byHead] = [share(splits), share(head)]
  return FEATURE_NAMES.map((name, f) => ({ name, splits: bySplits[f], head: byHead[f] }))
    .filter((use) => use.splits + use.head > 0)
    .sort((a, b) => b.splits + b.head - a.splits - a.head)
}
