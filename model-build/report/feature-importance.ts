import { FEATURE_NAMES } from '#contract/features'
import { layOutDcn } from '../dcn/shape.ts'
import type { FittedRanker } from '../rank/fit-ranker.ts'
import type { RankerModel } from '../rank/ranker-model.ts'

/** How much a ranker looks at one feature. */
export type FeatureUse = {
  readonly name: string
  /** Share of all splits of the trees, or of the sizes of the network's first weights. */
  readonly model: number
  /** Share of the linear head: |weight| times the feature's middle range (deciles 1 to 9), over the sum of all. */
  readonly head: number
}

/** Features by use, most used first; those that nothing uses are left out. */
export function featureUse(ranker: FittedRanker | null): FeatureUse[] {
  if (ranker === null) return []
  const model = modelUse(ranker.model)
  const head = new Float64Array(FEATURE_NAMES.length)
  ranker.linearHead.features.forEach((feature, k) => {
    const deciles = ranker.featureQuantiles[feature] ?? []
    head[feature] = Math.abs(ranker.linearHead.weights[k]) * ((deciles[9] ?? 0) - (deciles[1] ?? 0))
  })
  const share = (values: Float64Array) => {
    const total = values.reduce((sum, value) => sum + value, 0) || 1
    return values.map((value) => value / total)
  }
  const [byModel, byHead] = [share(model), share(head)]
  return FEATURE_NAMES.map((name, f) => ({ name, model: byModel[f], head: byHead[f] }))
    .filter((use) => use.model + use.head > 0)
    .sort((a, b) => b.model + b.head - a.model - a.head)
}

/** Splits by feature, or sizes of the weights that a network's first layers give it; a network's inputs are of one scale. */
function modelUse(model: RankerModel): Float64Array {
  const use = new Float64Array(FEATURE_NAMES.length)
  if (model.kind === 'trees') {
    for (const feature of model.trees.feature) use[feature]++
    return use
  }
  const { shape, weights, standard } = model.network
  const { cross, deep } = layOutDcn(shape)
  for (const { at, columns } of [cross[0].down, deep[0].matrix])
    for (let f = 0; f < shape.features; f++)
      for (let c = 0; c < columns; c++) use[f] += standard.rates[f] === 0 ? 0 : Math.abs(weights[at + f * columns + c])
  return use
}
