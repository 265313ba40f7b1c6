import type { HistoryItem } from '#contract/features'
import { LIMITS } from '#contract/limits'
import { isMeanSpace, secondSpaceOf } from '#contract/manifest'
import { meanHistory } from '#contract/mean-history'
import type { Query } from '../candidates.ts'
import { isAboutItems, isFixedList } from '../channels.ts'
import { canonicalHistory } from '../history.ts'
import type { Model } from '../model.ts'

/** Reads a history and says where in the second space the next item should be. */
export interface SequenceEncoder {
  /**
   * @param vectors - Dequantised vectors of the history in the sequence space, latest last, at most `length` of them, row-major.
   * @returns A new array of `dim` values.
   */
  encode(vectors: Float32Array): Promise<Float32Array>
}

/**
 * What a question's history is in the second space, for `Query.sequence`: read by an encoder, or its mean where the space needs none. Items whose
 * cells are not resident have no vector there and are passed over.
 * Where order means nothing an encoder gets them by ascending itemNo.
 * @param encoder - Reads the space of an ONNX model.
 * @returns null without a second space or its encoder, for lists that do not ask for it, and for histories without a resident item.
 */
export async function encodeHistory(
  model: Model,
  encoder: SequenceEncoder | null,
  { history, scene }: Pick<Query, 'history' | 'scene'>,
): Promise<Float32Array | null> {
  const space = secondSpaceOf(model.manifest)?.space
  if (space === undefined || isFixedList(scene) || isAboutItems(scene)) return null
  const known = canonicalHistory(history, model.manifest.ordered)
  if (isMeanSpace(space)) {
    const vectors = secondVectors(model, known, LIMITS.historyItems)
    return vectors === null ? null : meanHistory(space.encoder, vectors, space.dim)
  }
  if (encoder === null) return null
  const vectors = secondVectors(model, known, space.encoder.length)
  return vectors === null ? null : encoder.encode(vectors)
}

/** Dequantised vectors of the latest items that are resident, latest last. */
function secondVectors({ catalogue }: Model, history: readonly HistoryItem[], most: number): Float32Array | null {
  if (catalogue.sequence === null) return null
  const { dim, scales, quantised } = catalogue.sequence
  const rows: number[] = []
  for (const { itemNo } of history) {
    const row = catalogue.rowOf(itemNo)
    if (row >= 0 && rows.push(row) === most) break
  }
  if (rows.length === 0) return null
  const vectors = new Float32Array(rows.length * dim)
  rows.reverse().forEach((row, i) => {
    for (let d = 0; d < dim; d++) vectors[i * dim + d] = quantised[row * dim + d] * scales[d]
  })
  return vectors
}
