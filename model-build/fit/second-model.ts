import type { secondSpaceOf } from '#contract/manifest'
import type { Dataset } from '../dataset.ts'
import { fitMean } from '../mean/fit-mean.ts'
import type { MeanModel, MeanSettings } from '../mean/train-mean.ts'
import { fitSequence, type SequenceSettings } from '../sequence/fit-sequence.ts'
import type { SequenceModel } from '../sequence/train-sequence.ts'
import type { KernelPool } from '../train/thread-pool.ts'
import { fitTwoTower } from '../two-tower/fit-two-tower.ts'
import type { TwoTowerModel, TwoTowerSettings } from '../two-tower/train-two-tower.ts'

/** What a second space is trained with. */
export type SecondSettings =
  | ({ readonly kind: 'sequence' } & SequenceSettings)
  | ({ readonly kind: 'mean' } & MeanSettings)
  | ({ readonly kind: 'twoTower' } & TwoTowerSettings)

/** How a device reads histories into a second space, as the manifest says. */
export type SecondEncoder = NonNullable<ReturnType<typeof secondSpaceOf>>['space']['encoder']['type']

/** Encoder of a space of some kind. */
export function encoderOf(kind: SecondSettings['kind']): SecondEncoder {
  return kind === 'mean' ? 'mean' : 'onnx'
}

/** A trained second space. */
export type SecondModel = SequenceModel | MeanModel | TwoTowerModel

type FitSecondOptions = {
  readonly dim: number
  readonly seed: number
  readonly pool: KernelPool
  /** Vectors that the mean space starts from. */
  readonly start: Float32Array | undefined
}

/** Trains the second space on the histories of a log; null for an encoder of order where order means nothing. */
export async function fitSecond(
  dataset: Pick<Dataset, 'items' | 'interactions'>,
  hasEvidence: Uint8Array,
  options: SecondSettings & FitSecondOptions,
  onEpoch?: (done: number, total: number) => void,
): Promise<SecondModel | null> {
  const log = dataset.interactions
  if (options.kind === 'twoTower') return fitTwoTower(dataset, hasEvidence, options, onEpoch)
  if (options.kind === 'mean') return fitMean(log, hasEvidence, options, onEpoch)
  return log.order === 'none' ? null : fitSequence(log, hasEvidence, options, onEpoch)
}
