import { type FeatureInputs, type HistoryItem, SIMILARITY_ITEMS } from './features.ts'

/** Cosines of each candidate with single items; one entry per candidate. */
export type Similarities = {
  readonly last: Float32Array
  readonly max: Float32Array
  /** Position of the most similar of the latest items, 0 the latest; SIMILARITY_ITEMS without a history. */
  readonly maxPosition: Float32Array
  readonly mean: Float32Array
  readonly context: Float32Array
  /** Mean of the three largest, mean with the three latest, and the smallest; fewer items, fewer in the mean. */
  readonly top3: Float32Array
  readonly last3: Float32Array
  readonly min: Float32Array
}

/** Items whose products with a candidate are summed side by side: sums do not wait for each other, and each keeps its own order. */
const LANES = 5

/**
 * Cosines with the latest `SIMILARITY_ITEMS` of the history and with the page's item. Where order means nothing, `last`,
 * `last3` and `maxPosition` are constant and the items are the first of the history as it stands.
 * @param norms - Euclidean length of each candidate's vector.
 */
export function similarities(inputs: FeatureInputs, norms: Float64Array): Similarities {
  const { count, dim, vectors, ordered, context } = inputs
  const recent = inputs.history.slice(0, SIMILARITY_ITEMS)
  const units = unitRows(recent, dim)
  const cosines = new Float64Array(units.length / dim)
  const contextUnit = context.item === null ? null : unitRows([context.item], dim)
  const contextCosine = new Float64Array(LANES)
  const out = {
    last: new Float32Array(count),
    max: new Float32Array(count),
    maxPosition: new Float32Array(count).fill(SIMILARITY_ITEMS),
    mean: new Float32Array(count),
    context: new Float32Array(count),
    top3: new Float32Array(count),
    last3: new Float32Array(count),
    min: new Float32Array(count),
  }
  for (let i = 0; i < count; i++) {
    const inverse = norms[i] > 0 ? 1 / norms[i] : 0
    if (contextUnit !== null) {
      productsWith(contextUnit, vectors, i * dim, { dim, inverse, into: contextCosine })
      out.context[i] = contextCosine[0]
    }
    if (recent.length === 0) continue
    productsWith(units, vectors, i * dim, { dim, inverse, into: cosines })
    summarise(cosines, recent.length, { i, ordered, out })
  }
  return out
}

type Summary = { readonly i: number; readonly ordered: boolean; readonly out: Similarities }

function summarise(cosines: Float64Array, length: number, { i, ordered, out }: Summary): void {
  let [best, second, third, least] = [-2, -2, -2, 2]
  let sum = 0
  for (let h = 0; h < length; h++) {
    const cosine = cosines[h]
    sum += cosine
    if (cosine < least) least = cosine
    if (cosine > best) {
      third = second
      second = best
      best = cosine
      if (ordered) out.maxPosition[i] = h
    } else if (cosine > second) {
      third = second
      second = cosine
    } else if (cosine > third) third = cosine
    if (h < 3 && ordered) out.last3[i] = sum / (h + 1)
  }
  if (ordered) out.last[i] = cosines[0]
  out.max[i] = best
  out.min[i] = least
  out.mean[i] = sum / length
  out.top3[i] = length === 1 ? best : length === 2 ? (best + second) / 2 : (best + second + third) / 3
}

type Products = { readonly dim: number; readonly inverse: number; readonly into: Float64Array }

/** Inner products of one row with every unit vector, times `inverse`. */
function productsWith(units: Float64Array, rows: Float32Array, from: number, { dim, inverse, into }: Products): void {
  for (let first = 0, a = 0; a < units.length; first += LANES, a += LANES * dim) {
    const b = a + dim
    const c = b + dim
    const d = c + dim
    const e = d + dim
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    let sumE = 0
    for (let k = 0; k < dim; k++) {
      const value = rows[from + k]
      sumA += value * units[a + k]
      sumB += value * units[b + k]
      sumC += value * units[c + k]
      sumD += value * units[d + k]
      sumE += value * units[e + k]
    }
    into[first] = sumA * inverse
    into[first + 1] = sumB * inverse
    into[first + 2] = sumC * inverse
    into[first + 3] = sumD * inverse
    into[first + 4] = sumE * inverse
  }
}

/** Vectors of length 1, row-major, zero rows behind them up to a multiple of LANES. */
function unitRows(items: readonly HistoryItem[], dim: number): Float64Array {
  const rows = new Float64Array(Math.ceil(items.length / LANES) * LANES * dim)
  items.forEach(({ vector }, row) => {
    let squares = 0
    for (let d = 0; d < dim; d++) squares += vector[d] * vector[d]
    const inverse = squares > 0 ? 1 / Math.sqrt(squares) : 0
    for (let d = 0; d < dim; d++) rows[row * dim + d] = vector[d] * inverse
  })
  return rows
}
