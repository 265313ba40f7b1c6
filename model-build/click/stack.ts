import { sigmoid } from './target-statistics.ts'

/** A logistic regression over log-odds of models: its output is a calibrated probability (Platt scaling for one model). */
export type Stack = { readonly bias: number; readonly weights: readonly number[] }

const STEPS = 25
/** Pull of each weight towards an equal share of one, in rows. */
const RIDGE = 5

/**
 * Fits the stack by Newton steps on rows no model has learnt from (Platt 1999; Wolpert 1992).
 * @param columns - Log-odds by model, one entry per row each.
 */
export function fitStack(columns: readonly Float32Array[], labels: Float32Array): Stack {
  const width = columns.length + 1
  const prior = 1 / columns.length
  const weights = new Float64Array(width).fill(prior)
  weights[columns.length] = 0
  for (let step = 0; step < STEPS; step++) {
    const gradient = new Float64Array(width)
    const hessian = new Float64Array(width * width)
    for (let r = 0; r < labels.length; r++) {
      const x = (k: number) => (k < columns.length ? columns[k][r] : 1)
      let score = 0
      for (let k = 0; k < width; k++) score += weights[k] * x(k)
      const p = sigmoid(score)
      for (let i = 0; i < width; i++) {
        gradient[i] += (p - labels[r]) * x(i)
        for (let j = 0; j < width; j++) hessian[i * width + j] += p * (1 - p) * x(i) * x(j)
      }
    }
    for (let k = 0; k < columns.length; k++) {
      gradient[k] += RIDGE * (weights[k] - prior)
      hessian[k * width + k] += RIDGE
    }
    hessian[width * width - 1] += 1e-6
    const move = solve(hessian, gradient, width)
    let largest = 0
    for (let k = 0; k < width; k++) {
      weights[k] -= move[k]
      largest = Math.max(largest, Math.abs(move[k]))
    }
    if (largest < 1e-7) break
  }
  return { bias: weights[columns.length], weights: Array.from(weights.subarray(0, columns.length)) }
}

/** Log-odds of the stack by row. */
export function stackLogOdds(stack: Stack, columns: readonly Float32Array[]): Float32Array {
  return Float32Array.from(columns[0], (_, r) =>
    columns.reduce((sum, column, k) => sum + stack.weights[k] * column[r], stack.bias),
  )
}

/** Solves a small positive definite system by Gaussian elimination. */
function solve(matrix: Float64Array, right: Float64Array, n: number): Float64Array {
  const a = matrix.slice()
  const x = right.slice()
  for (let pivot = 0; pivot < n; pivot++) {
    for (let i = pivot + 1; i < n; i++) {
      const factor = a[i * n + pivot] / a[pivot * n + pivot]
      for (let j = pivot; j < n; j++) a[i * n + j] -= factor * a[pivot * n + j]
      x[i] -= factor * x[pivot]
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i] -= a[i * n + j] * x[j]
    x[i] /= a[i * n + i]
  }
  return x
}
