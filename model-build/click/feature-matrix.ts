import type { FeatureColumn } from './statistic-features.ts'

/** Features of some rows, row-major, finite. */
export type FeatureMatrix = { readonly values: Float32Array; readonly featureCount: number }

/** What stands for "nothing known" in each column: a number below all others. */
export function missingValues(columns: readonly FeatureColumn[]): Float32Array {
  return Float32Array.from(columns, ({ values }) => {
    let least = 0
    for (const value of values) if (value < least) least = value
    return least - 1
  })
}

/** Joins columns for the given rows. */
export function toMatrix(columns: readonly FeatureColumn[], missing: Float32Array, rows: Int32Array): FeatureMatrix {
  const featureCount = columns.length
  const values = new Float32Array(rows.length * featureCount)
  columns.forEach((column, f) => {
    rows.forEach((row, k) => {
      const value = column.values[row]
      values[k * featureCount + f] = Number.isFinite(value) ? value : missing[f]
    })
  })
  return { values, featureCount }
}
