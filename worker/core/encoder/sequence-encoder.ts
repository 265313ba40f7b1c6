import type { HistoryItem } from '#contract/features'
import { sequenceSpaceOf } from '#contract/manifest'
import type { Query } from '../candidates.ts'
import { isAboutItems, isFixedList } from '../channels.ts'
import { canonicalHistory } from '../history.ts'
import type { Model } from '../model.ts'

/** Reads a history's order and says where in the sequence space the next item should be. */
export interface SequenceEncoder {
  /**
   * @param vectors - Dequantised vectors of the history in the sequence space, latest last, at most `length` of them, row-major.
   * @returns A new array of `dim` values.
   */
  encode(vectors: Float32Array): Promise<Float32Array>
}

/**
 * The query that an encoder makes of a question's history, for `Query.sequence`. Items whose cells are not resident have no vector in the sequence
 * space and are passed over.
 * @returns null without an encoder, where order means nothing, for lists that do not ask for it, and for histories without a resident item.
 */
export async function encodeHistory(
  model: Model,
  encoder: SequenceEncoder | null,
  { history, scene }: Pick<Query, 'history' | 'scene'>,
): Promise<Float32Array | null> {
  if (encoder === null || !model.manifest.ordered || isFixedList(scene) || isAboutItems(scene)) return null
  const vectors = sequenceVectors(model, canonicalHistory(history, true))
  return vectors === null ? null : encoder.encode(vectors)
}

function sequenceVectors({ manifest, catalogue }: Model, history: readonly HistoryItem[]): Float32Array | null {
  const found = sequenceSpaceOf(manifest)
  if (found === null || catalogue.sequence === null) return null
  const { dim, scales, quantised } = catalogue.sequence
  const rows: number[] = []
  for (const { itemNo } of history) {
    const row = catalogue.rowOf(itemNo)
    if (row >= 0 && rows.push(row) === found.space.encoder.length) break
  }
  if (rows.length === 0) return null
  const vectors = new Float32Array(rows.length * dim)
  rows.reverse().forEach((row, i) => {
    for (let d = 0; d < dim; d++) vectors[i * dim + d] = quantised[row * dim + d] * scales[d]
  })
  return vectors
}
