/** Arithmetic that features share: fixed sums in double precision, no transcendental functions. */

/** One value per candidate. */
export type Column = Float64Array | Float32Array | Uint16Array | Uint8Array

/** A column of computed values, in double precision as the arithmetic gives them. */
export function column(count: number, value: (i: number) => number): Float64Array {
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = value(i)
  return values
}

/** Standard score over the candidates; 0 where they do not differ. */
export function standard(values: Float32Array): Float64Array {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]
  const mean = n === 0 ? 0 : sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean)
  const deviation = n === 0 ? 0 : Math.sqrt(squares / n)
  const scores = new Float64Array(n)
  if (deviation > 0) for (let i = 0; i < n; i++) scores[i] = (values[i] - mean) / deviation
  return scores
}

/** The largest of some values, at least 0. */
export function largest(values: Float32Array): number {
  let top = 0
  for (let i = 0; i < values.length; i++) if (values[i] > top) top = values[i]
  return top
}

/** Each value divided by one number; 0 unless that is positive. */
export function ratios(values: Float32Array, by: number): Float64Array {
  const shares = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) shares[i] = ratio(values[i], by)
  return shares
}

/** Sums of two columns. */
export function sums(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length)
  for (let i = 0; i < a.length; i++) both[i] = a[i] + b[i]
  return both
}

/** a / b, 0 unless b is positive. */
export function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0
}

/** A number, -1 for NaN. */
export function known(value: number): number {
  return Number.isNaN(value) ? -1 : value
}

/** The remainder that is never negative. */
export function cycle(value: number, length: number): number {
  return ((value % length) + length) % length
}

/** Euclidean length of each row. */
export function normsOf(rows: Float32Array, count: number, dim: number): Float64Array {
  const norms = new Float64Array(count)
  for (let i = 0, k = 0; i < count; i++) {
    let squares = 0
    for (const end = k + dim; k < end; k++) squares += rows[k] * rows[k]
    norms[i] = Math.sqrt(squares)
  }
  return norms
}

/** Inner product of one row with a vector. */
export function inner(rows: Float32Array, row: number, vector: Float32Array): number {
  let sum = 0
  for (let d = 0, k = row * vector.length; d < vector.length; d++, k++) sum += rows[k] * vector[d]
  return sum
}
