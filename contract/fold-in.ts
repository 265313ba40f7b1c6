import { RecError } from './errors.ts'
import type { Gramian } from './gramian.ts'

/** How a space turns a history into a user vector; part of the manifest. */
export type RidgeEncoder = {
  readonly type: 'ridge'
  /** Weight of every item that was not interacted with. */
  readonly alpha0: number
  readonly reg: number
  /** Exponent of the frequency-scaled regularisation. */
  readonly nu: 0 | 0.5 | 1
  /** Items of the catalogue that alpha0 speaks of. */
  readonly itemCount: number
  /** Weight of the k-th latest item of a history is ratio^k; 1 keeps all alike. */
  readonly ratio: number
}

/**
 * Weights of a history, latest item first: 1, ratio, ratio², … by repeated multiplication, which every engine rounds alike.
 */
export function historyWeights(count: number, ratio: number): Float64Array {
  const weights = new Float64Array(count)
  let weight = 1
  for (let k = 0; k < count; k++) {
    weights[k] = weight
    weight *= ratio
  }
  return weights
}

/**
 * Closed-form implicit ALS user vector (Hu, Koren & Volinsky 2008; regularisation of Rendle et al. 2022):
 * u = (Σ w·v·vᵀ + α0·G + reg·(Σw + α0·n)^ν·I)⁻¹ Σ w·v, by Cholesky in double precision with a fixed order of sums.
 * The build's last user solve and the device call this same function.
 *
 * @param vectors - Dequantised item vectors of the history, one array of length dim each.
 * @param weights - One weight > 0 per vector.
 * @returns A new vector of length dim; zeros for an empty history.
 * @throws RecError `model-malformed` when the system is not positive definite.
 */
export function foldIn(
  encoder: RidgeEncoder,
  gramian: Gramian,
  vectors: readonly Float32Array[],
  weights: Float64Array,
): Float32Array {
  const { dim, packed } = gramian
  const user = new Float32Array(dim)
  if (vectors.length === 0) return user
  const system = new Float64Array(packed.length)
  for (let k = 0; k < packed.length; k++) system[k] = encoder.alpha0 * packed[k]
  const right = new Float64Array(dim)
  let total = 0
  for (let h = 0; h < vectors.length; h++) {
    addOuter(system, right, vectors[h], weights[h])
    total += weights[h]
  }
  const ridge = encoder.reg * power(total + encoder.alpha0 * encoder.itemCount, encoder.nu)
  for (let r = 0, k = 0; r < dim; r++, k += r + 1) system[k] += ridge
  factorise(system, dim)
  substitute(system, right, dim)
  for (let d = 0; d < dim; d++) user[d] = right[d]
  return user
}

function power(base: number, exponent: 0 | 0.5 | 1): number {
  return exponent === 1 ? base : exponent === 0 ? 1 : Math.sqrt(base)
}

function addOuter(system: Float64Array, right: Float64Array, vector: Float32Array, weight: number): void {
  let k = 0
  for (let r = 0; r < right.length; r++) {
    const value = weight * vector[r]
    right[r] += value
    for (let c = 0; c <= r; c++) system[k++] += value * vector[c]
  }
}

/**
 * In-place Cholesky factor of a packed lower triangle, column by column; four rows at a time, whose sums do not wait for each other. Each
 * sum runs in ascending order of k.
 */
function factorise(a: Float64Array, dim: number): void {
  for (let c = 0; c < dim; c++) {
    const column = (c * (c + 1)) / 2
    let pivot = a[column + c]
    for (let k = 0; k < c; k++) pivot -= a[column + k] * a[column + k]
    if (!(pivot > 0)) throw new RecError('model-malformed', 'the fold-in system is not positive definite', { pivot: c })
    const root = Math.sqrt(pivot)
    a[column + c] = root
    let r = c + 1
    for (; r + 4 <= dim; r += 4) divideRows(a, { r, c, column, root })
    for (; r < dim; r++) {
      const row = (r * (r + 1)) / 2
      let sum = a[row + c]
      for (let k = 0; k < c; k++) sum -= a[row + k] * a[column + k]
      a[row + c] = sum / root
    }
  }
}

type Below = { readonly r: number; readonly c: number; readonly column: number; readonly root: number }

/** Entries of column c in rows r … r + 3. */
function divideRows(a: Float64Array, { r, c, column, root }: Below): void {
  const row0 = (r * (r + 1)) / 2
  const row1 = row0 + r + 1
  const row2 = row1 + r + 2
  const row3 = row2 + r + 3
  let sum0 = a[row0 + c]
  let sum1 = a[row1 + c]
  let sum2 = a[row2 + c]
  let sum3 = a[row3 + c]
  for (let k = 0; k < c; k++) {
    const value = a[column + k]
    sum0 -= a[row0 + k] * value
    sum1 -= a[row1 + k] * value
    sum2 -= a[row2 + k] * value
    sum3 -= a[row3 + k] * value
  }
  a[row0 + c] = sum0 / root
  a[row1 + c] = sum1 / root
  a[row2 + c] = sum2 / root
  a[row3 + c] = sum3 / root
}

function substitute(factor: Float64Array, x: Float64Array, dim: number): void {
  for (let r = 0; r < dim; r++) {
    const row = (r * (r + 1)) / 2
    let sum = x[r]
    for (let c = 0; c < r; c++) sum -= factor[row + c] * x[c]
    x[r] = sum / factor[row + r]
  }
  for (let r = dim - 1; r >= 0; r--) {
    let sum = x[r]
    for (let c = r + 1; c < dim; c++) sum -= factor[(c * (c + 1)) / 2 + r] * x[c]
    x[r] = sum / factor[(r * (r + 1)) / 2 + r]
  }
}
