import { type FeatureInputs, type HistoryItem, SIMILARITY_ITEMS } from './features.ts'

/** Cosines of each candidate with single items; one entry per candidate. */
export type Similarities = {
  readonly last: Float32Array
  readonly max: Float32Array
  /** Position of the most similar of the latest items, 0 the latest; SIMILARITY_ITEMS without a history. */
  readonly maxPosition: Float32Array
  readonly mean: Float32Array
  readonly context: Float32Array
}

/**
 * Cosines with the latest `SIMILARITY_ITEMS` of the history and with the page's item. Where order means nothing, `last`
 * and `maxPosition` are constant and the items are the first of the history as it stands.
 */
export function similarities(inputs: FeatureInputs): Similarities {
  const { count, dim, vectors, ordered } = inputs
  const recent = inputs.history.slice(0, SIMILARITY_ITEMS)
  const units = recent.map(unitVector)
  const contextUnit = inputs.context.item === null ? null : unitVector(inputs.context.item)
  const out = {
    last: new Float32Array(count),
    max: new Float32Array(count),
    maxPosition: new Float32Array(count).fill(SIMILARITY_ITEMS),
    mean: new Float32Array(count),
    context: new Float32Array(count),
  }
  for (let i = 0; i < count; i++) {
    const row = vectors.subarray(i * dim, (i + 1) * dim)
    const inverse = inverseNorm(row)
    if (contextUnit !== null) out.context[i] = inner(row, contextUnit) * inverse
    if (units.length === 0) continue
    let best = -2
    let sum = 0
    for (let h = 0; h < units.length; h++) {
      const cosine = inner(row, units[h]) * inverse
      sum += cosine
      if (h === 0 && ordered) out.last[i] = cosine
      if (cosine > best) {
        best = cosine
        if (ordered) out.maxPosition[i] = h
      }
    }
    out.max[i] = best
    out.mean[i] = sum / units.length
  }
  return out
}

function unitVector(item: HistoryItem): Float64Array {
  const inverse = inverseNorm(item.vector)
  return Float64Array.from(item.vector, (value) => value * inverse)
}

function inverseNorm(vector: Float32Array): number {
  let squares = 0
  for (let d = 0; d < vector.length; d++) squares += vector[d] * vector[d]
  return squares > 0 ? 1 / Math.sqrt(squares) : 0
}

function inner(row: Float32Array, unit: Float64Array): number {
  let sum = 0
  for (let d = 0; d < unit.length; d++) sum += row[d] * unit[d]
  return sum
}
