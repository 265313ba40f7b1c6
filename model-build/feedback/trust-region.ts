/** Cuts a step to a length, in place. @returns The share of it that is left, 0…1. */
export function withinLength(step: Float64Array, most: number): number {
  const length = norm(step)
  if (!(length > most)) return 1
  scale(step, most / length)
  return most / length
}

/**
 * Cuts a step in place to where the lists' softmax drifts by at most `most` nats (Kullback-Leibler, to second order): half the step's square under the
 * covariance of what it weighs, times the slope squared. The mean over lists.
 * @param curvature - See `curvatureOf`; row-major, symmetric.
 */
export function withinDrift(step: Float64Array, curvature: Float64Array, slope: number, most: number): void {
  const side = step.length
  let square = 0
  for (let r = 0; r < side; r++) for (let c = 0; c < side; c++) square += step[r] * curvature[r * side + c] * step[c]
  const drift = (slope * slope * square) / 2
  if (drift > most) scale(step, Math.sqrt(most / drift))
}

/** Euclidean (Frobenius) norm. */
export function norm(values: ArrayLike<number>): number {
  let squares = 0
  for (let d = 0; d < values.length; d++) squares += values[d] * values[d]
  return Math.sqrt(squares)
}

function scale(step: Float64Array, factor: number): void {
  for (let d = 0; d < step.length; d++) step[d] *= factor
}
