/** Cuts a step to a length, in place. @returns The share of it that is left, 0…1. */
export function withinLength(step: Float64Array, most: number): number {
  const length = norm(step)
  if (!(length > most)) return 1
  for (let d = 0; d < step.length; d++) step[d] *= most / length
  return most / length
}

/** Euclidean (Frobenius) norm. */
export function norm(values: ArrayLike<number>): number {
  let squares = 0
  for (let d = 0; d < values.length; d++) squares += values[d] * values[d]
  return Math.sqrt(squares)
}
