import type { Interactions } from '../dataset.ts'
import { fitMean } from '../mean/fit-mean.ts'
import type { MeanModel, MeanSettings } from '../mean/train-mean.ts'
import { fitSequence, type SequenceSettings } from '../sequence/fit-sequence.ts'
import type { SequenceModel } from '../sequence/train-sequence.ts'
import type { KernelPool } from '../train/thread-pool.ts'

/** What a second space is trained with. */
export type SecondSettings =
  | ({ readonly kind: 'sequence' } & SequenceSettings)
  | ({ readonly kind: 'mean' } & MeanSettings)

/** A trained second space. */
export type SecondModel = SequenceModel | MeanModel

type FitSecondOptions = {
  readonly dim: number
  readonly seed: number
  readonly pool: KernelPool
  /** Vectors that the mean space starts from. */
  readonly start: Float32Array | undefined
}

/** Trains the second space on the histories of a log; null for an encoder of order where order means nothing. */
export async function fitSecond(
  log: Interactions,
  hasEvidence: Uint8Array,
  options: SecondSettings & FitSecondOptions,
  onEpoch?: (done: number, total: number) => void,
): Promise<SecondModel | null> {
  if (options.kind === 'mean') return fitMean(log, hasEvidence, options, onEpoch)
  return log.order === 'none' ? null : fitSequence(log, hasEvidence, options, onEpoch)
}
