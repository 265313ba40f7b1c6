import type { MeanSpace, OnnxSpace } from '#contract/manifest'
import { quantise } from '#contract/vectors'
import { writeEncoderOnnx } from '../sequence/encoder-onnx.ts'
import type { SequenceModel } from '../sequence/train-sequence.ts'
import type { ObjectSet } from './object-set.ts'
import { gridScales } from './space.ts'

/** A second space as it ships: its entry in the manifest, and items on its grid, row-major. */
export type SecondSpaceParts = {
  readonly space: OnnxSpace | MeanSpace
  readonly dim: number
  readonly quantised: Int8Array
}

/** Puts a trained encoder's items on an int8 grid and its model among the objects. */
export function encodeSequenceSpace(model: SequenceModel, objects: ObjectSet): SecondSpaceParts {
  const { dim, length } = model.shape
  const scales = gridScales(model.items, dim)
  const encoder = objects.add(writeEncoderOnnx(model))
  return {
    space: {
      spaceId: `sequence-${encoder.hash.slice(0, 8)}`,
      dim,
      metric: 'ip',
      encoder: { type: 'onnx', model: encoder, length },
      scales: Array.from(scales),
    },
    dim,
    quantised: quantise(model.items, scales),
  }
}
