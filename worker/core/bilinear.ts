import type { BilinearTerm } from '#contract/feedback/learning'

/**
 * P times a vector of the first space, summed in double precision in ascending order.
 * @returns A new array of the term's dimension.
 */
export function project({ dim, projection }: BilinearTerm, vector: ArrayLike<number>): Float64Array {
  const out = new Float64Array(dim)
  const width = vector.length
  for (let k = 0; k < dim; k++) {
    let sum = 0
    for (let d = 0, at = k * width; d < width; d++, at++) sum += projection[at] * vector[d]
    out[k] = sum
  }
  return out
}

/**
 * The context of a history: 1, so that the first row of W speaks of everybody, then the mean of its items' projections without the last, brought to length
 * √(d - 1), so that a context says which way and not how much; zeros there without a history.
 * @returns A new array of the term's dimension.
 */
export function contextOf(term: BilinearTerm, vectors: readonly Float32Array[]): Float64Array {
  const context = new Float64Array(term.dim)
  context[0] = 1
  const first = vectors[0]
  if (first === undefined) return context
  const sum = new Float64Array(first.length)
  for (const vector of vectors) for (let d = 0; d < sum.length; d++) sum[d] += vector[d]
  const taste = project(term, sum)
  let squares = 0
  for (let k = 1; k < term.dim; k++) squares += taste[k - 1] * taste[k - 1]
  if (!(squares > 0)) return context
  const factor = Math.sqrt((term.dim - 1) / squares)
  for (let k = 1; k < term.dim; k++) context[k] = factor * taste[k - 1]
  return context
}

/** Pᵀ Wᵀ context: its inner product with an item's vector is the term. Added to a user vector it also finds candidates. */
export function termVector(term: BilinearTerm, context: Float64Array, width: number): Float64Array {
  const { dim, projection, weights } = term
  const inner = new Float64Array(dim)
  for (let j = 0; j < dim; j++) for (let i = 0; i < dim; i++) inner[j] += context[i] * weights[i * dim + j]
  const out = new Float64Array(width)
  for (let k = 0; k < dim; k++) for (let d = 0; d < width; d++) out[d] += inner[k] * projection[k * width + d]
  return out
}

/**
 * Adds the bilinear term to scores in place: fround(score + Σ v · item), summed in double precision, so that device and build give the
 * same bits.
 * @param vectors - Item vectors, row-major, one row per score.
 * @param history - Vectors of the visitor's history, latest first.
 */
export function addBilinear(
  scores: Float32Array,
  vectors: Float32Array,
  term: BilinearTerm | null,
  history: readonly Float32Array[],
): void {
  if (term === null || scores.length === 0 || term.weights.every((weight) => weight === 0)) return
  const width = vectors.length / scores.length
  const direction = termVector(term, contextOf(term, history), width)
  for (let i = 0; i < scores.length; i++) {
    let sum = 0
    for (let d = 0, at = i * width; d < width; d++, at++) sum += direction[d] * vectors[at]
    scores[i] += sum
  }
}
