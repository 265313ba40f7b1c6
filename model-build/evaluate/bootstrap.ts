import { createRandom } from '../train/random.ts'

export type Interval = { readonly mean: number; readonly low: number; readonly high: number }

export type BootstrapOptions = {
  /** Share of resamples inside the interval, 0…1. */
  readonly confidence?: number
  readonly resamples?: number
  readonly seed: number
}

/**
 * Percentile bootstrap of a mean: users are drawn with replacement. For a paired comparison hand in the users' differences.
 * @param values - One per user; NaN entries are left out.
 * @returns NaN everywhere for no values.
 */
export function bootstrapInterval(values: ArrayLike<number>, options: BootstrapOptions): Interval {
  const known = Float64Array.from(values).filter((value) => !Number.isNaN(value))
  if (known.length === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN }
  const resamples = options.resamples ?? 1000
  const random = createRandom(options.seed)
  const means = new Float64Array(resamples)
  for (let sample = 0; sample < resamples; sample++) {
    let sum = 0
    for (let k = 0; k < known.length; k++) sum += known[Math.floor(random() * known.length)] ?? 0
    means[sample] = sum / known.length
  }
  means.sort()
  const tail = (1 - (options.confidence ?? 0.95)) / 2
  const low = means[Math.floor(tail * (resamples - 1))] ?? Number.NaN
  const high = means[Math.ceil((1 - tail) * (resamples - 1))] ?? Number.NaN
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, low, high }
}
