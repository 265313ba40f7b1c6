import type { MeanSpace, OnnxSpace } from '#contract/manifest'
import { quantise } from '#contract/vectors'
import type { ObjectSet } from './object-set.ts'
import { gridScales } from './space.ts'

/** A second space as it ships: its entry in the manifest, and items on its grid, row-major. */
export type SecondSpaceParts = {
  readonly space: OnnxSpace | MeanSpace
  readonly dim: number
  readonly quantised: Int8Array
}

type Encoded = {
  /** Row-major, items x dim. */
  readonly items: Float32Array
  readonly shape: { readonly dim: number; readonly length: number }
}

/** Puts a trained encoder's items on an int8 grid and its model (see `OnnxEncoder` in contract/manifest) among the objects. */
export function encodeOnnxSpace(
  name: string,
  { items, shape }: Encoded,
  model: Uint8Array,
  objects: ObjectSet,
): SecondSpaceParts {
  const { dim, length } = shape
  const scales = gridScales(items, dim)
  const encoder = objects.add(model)
  return {
    space: {
      spaceId: `${name}-${encoder.hash.slice(0, 8)}`,
      dim,
      metric: 'ip',
      encoder: { type: 'onnx', model: encoder, length },
      scales: Array.from(scales),
    },
    dim,
    quantised: quantise(items, scales),
  }
}
