import type { SparseRows } from '../train/interaction-matrix.ts'

/**
 * What reg under exponent 1 has to be multiplied by to be as strong under exponent `nu`: the ratio of the penalties' weights summed over users and items
 * (Rendle et al. 2022, section 4.2), so that one range of reg serves all exponents. 1 for nu = 1.
 */
export function penaltyFactor(rows: SparseRows, alpha0: number, nu: number): number {
  const ofUser = new Float64Array(rows.rowCount).fill(alpha0 * rows.columnCount)
  const ofItem = new Float64Array(rows.columnCount).fill(alpha0 * rows.rowCount)
  for (let user = 0; user < rows.rowCount; user++) {
    for (let k = rows.offsets[user]; k < rows.offsets[user + 1]; k++) {
      const weight = rows.weights?.[k] ?? 1
      ofUser[user] += weight
      ofItem[rows.columns[k]] += weight
    }
  }
  const sumOf = (exponent: number) =>
    [ofUser, ofItem].reduce((sum, all) => sum + all.reduce((part, value) => part + value ** exponent, 0), 0)
  return nu === 1 ? 1 : sumOf(1) / sumOf(nu)
}
