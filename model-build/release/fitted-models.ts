import type { RidgeEncoder } from '#contract/fold-in'
import type { SecondModel } from '../fit/second-model.ts'
import type { Voters } from '../train/voters.ts'

/** What training hands to a release: everything in the dataset's item order, in floating point. */
export type FittedModels = {
  readonly dim: number
  /** Row-major item vectors, n × dim; items without evidence have a vector from their content. */
  readonly vectors: Float32Array
  /** Ridge of the map from content to vectors, null where none was fitted. */
  readonly contentRidge: number | null
  /** 1 where the vector comes from the item's own interactions. */
  readonly hasEvidence: Uint8Array
  readonly voters: Voters
  /** People that must stand behind what a release says of an item. */
  readonly minSupport: number
  readonly encoder: RidgeEncoder
  /** History weights of the votes: ratio^k for the k-th latest item. */
  readonly voterRatio: number
  /** What histories are read into beside the first space; null where it was not trained. */
  readonly second: SecondModel | null
  readonly ordered: boolean
  readonly timed: boolean
}
