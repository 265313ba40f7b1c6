import type { Dataset } from '../dataset.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import type { Effort } from './effort.ts'
import type { PipelineSettings } from './settings.ts'

/** What every part of validation works with. */
export type Job = {
  readonly dataset: Dataset
  readonly settings: PipelineSettings
  readonly effort: Effort
  /** What each row is worth as something to find; null for 1 each. */
  readonly gains: Float32Array | null
  readonly pool: KernelPool
}
