import { quantise } from '#contract/vectors'
import type { MeanModel } from '../mean/train-mean.ts'
import { sha256Hex } from './object-set.ts'
import type { SecondSpaceParts } from './onnx-space.ts'
import { gridScales } from './space.ts'

/** Puts the items of a mean space on an int8 grid. */
export function encodeMeanSpace({ items, dim, ratio, scale }: MeanModel): SecondSpaceParts {
  const scales = gridScales(items, dim)
  const quantised = quantise(items, scales)
  const name = sha256Hex(new Uint8Array(quantised.buffer)).slice(0, 8)
  return {
    space: {
      spaceId: `mean-${name}`,
      dim,
      metric: 'ip',
      encoder: { type: 'mean', ratio, scale },
      scales: Array.from(scales),
    },
    dim,
    quantised,
  }
}
