/** Cuts a step to a length, in place. @returns The same array. */
export function withinLength(step: Float64Array, most: number): Float64Array {
  const length = norm(step)
  if (length > most) for (let d = 0; d < step.length; d++) step[d] *= most / length
  return step
}

/** Euclidean (Frobenius) norm. */
export function norm(values: ArrayLike<number>): number {
  let squares = 0
  for (let d = 0; d < values.length; d++) squares += values[d] * values[d]
  return Math.sqrt(squares)
}

/**
 * Shrinks a noisy vector towards zero by positive-part James & Stein (1961): the part that noise alone would explain goes.
 * @param variance - Of each coordinate.
 */
export function shrink(vector: Float64Array, variance: number): Float64Array {
  const length = norm(vector)
  const keep = length > 0 ? Math.max(0, 1 - (Math.max(0, vector.length - 2) * variance) / (length * length)) : 0
  return vector.map((value) => value * keep)
}
