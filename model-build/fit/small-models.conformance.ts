import type { ModelOptions } from './fit-models.ts'

/** How tests fit small logs: enough to tell clusters apart, in a moment. */
export const SMALL_MODELS: ModelOptions = {
  dim: 16,
  alpha0: 0.3,
  reg: 0.003,
  nu: 1,
  sweeps: 4,
  lambda: 100,
  against: false,
  voterMethod: 'sparse',
  votersPerItem: 20,
  minSupport: 1,
  ratio: 1,
  voterRatio: 1,
  second: null,
  seed: 1,
}
