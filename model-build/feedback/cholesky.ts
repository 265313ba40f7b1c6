import { RecError } from '#contract/errors'

/** Lower Cholesky factor of a symmetric positive definite matrix, row-major. @throws RecError `model-malformed` */
export function factorise(matrix: Float64Array, side: number): Float64Array {
  const lower = new Float64Array(side * side)
  for (let r = 0; r < side; r++)
    for (let c = 0; c <= r; c++) {
      let sum = matrix[r * side + c]
      for (let k = 0; k < c; k++) sum -= lower[r * side + k] * lower[c * side + k]
      if (r === c && !(sum > 0))
        throw new RecError('model-malformed', 'the learning state is damaged; build again', { pivot: r })
      lower[r * side + c] = r === c ? Math.sqrt(sum) : sum / lower[c * side + c]
    }
  return lower
}

/** Solves L Lᵀ x = b. @returns A new array. */
export function solve(lower: Float64Array, right: Float64Array): Float64Array {
  const side = right.length
  const x = right.slice()
  for (let r = 0; r < side; r++) {
    for (let k = 0; k < r; k++) x[r] -= lower[r * side + k] * x[k]
    x[r] /= lower[r * side + r]
  }
  for (let r = side - 1; r >= 0; r--) {
    for (let k = r + 1; k < side; k++) x[r] -= lower[k * side + r] * x[k]
    x[r] /= lower[r * side + r]
  }
  return x
}
