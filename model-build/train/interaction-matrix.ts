import type { Interactions } from '../dataset.ts'

/** Sparse rows: entries of row r are `offsets[r] … offsets[r + 1] - 1`, columns ascending and unique within a row. */
export type SparseRows = {
  readonly rowCount: number
  readonly columnCount: number
  readonly offsets: Int32Array
  readonly columns: Int32Array
  /** One weight per entry, or undefined when all are 1. */
  readonly weights: Float32Array | undefined
}

/**
 * Users x items, a repeated pair counting once with its largest weight. Row r is user `userSubset[r]`, or user r without a subset.
 * `weights` replaces the log's own, one per interaction; `weights: 'none'` makes all 1.
 */
export function toSparseRows(
  log: Interactions,
  options: { readonly userSubset?: Int32Array | undefined; readonly weights?: Float32Array | 'none' | undefined } = {},
): SparseRows {
  const rowCount = options.userSubset?.length ?? log.userCount
  const weight = options.weights === 'none' ? undefined : (options.weights ?? log.weight)
  const offsets = new Int32Array(rowCount + 1)
  const columns = new Int32Array(countRows(log, options.userSubset))
  const values = weight === undefined ? undefined : new Float32Array(columns.length)
  const strongest = new Float64Array(log.itemCount)
  let at = 0
  let isUniform = true
  for (let r = 0; r < rowCount; r++) {
    const user = options.userSubset === undefined ? r : options.userSubset[r]
    const start = at
    for (let k = log.userOffsets[user]; k < log.userOffsets[user + 1]; k++) {
      const item = log.item[k]
      const value = weight === undefined ? 1 : weight[k]
      if (!(value > 0)) continue
      if (strongest[item] === 0) columns[at++] = item
      if (value > strongest[item]) strongest[item] = value
    }
    columns.subarray(start, at).sort()
    for (let k = start; k < at; k++) {
      const item = columns[k]
      const value = strongest[item]
      if (values !== undefined) values[k] = value
      if (value !== 1) isUniform = false
      strongest[item] = 0
    }
    offsets[r + 1] = at
  }
  return {
    rowCount,
    columnCount: log.itemCount,
    offsets,
    columns: columns.subarray(0, at),
    weights: isUniform ? undefined : values?.subarray(0, at),
  }
}

/**
 * Users x items whose weights are places: how many of the user's other items came later, where the rows of each user stand oldest first. An item that stands
 * there again has the place of its latest row.
 */
export function toPlacedRows(log: Interactions, userSubset?: Int32Array): SparseRows {
  const rows = toSparseRows(log, { userSubset, weights: 'none' })
  const weights = new Float32Array(rows.columns.length)
  const places = new Int32Array(log.itemCount).fill(-1)
  for (let r = 0; r < rows.rowCount; r++) {
    const user = userSubset === undefined ? r : userSubset[r]
    let place = 0
    for (let k = log.userOffsets[user + 1] - 1; k >= log.userOffsets[user]; k--)
      if (places[log.item[k]] < 0) places[log.item[k]] = place++
    for (let k = rows.offsets[r]; k < rows.offsets[r + 1]; k++) {
      weights[k] = places[rows.columns[k]]
      places[rows.columns[k]] = -1
    }
  }
  return { ...rows, weights }
}

/** Items x users from users x items, or back. */
export function transposeRows(rows: SparseRows): SparseRows {
  const offsets = new Int32Array(rows.columnCount + 1)
  for (const column of rows.columns) offsets[column + 1] = offsets[column + 1] + 1
  for (let c = 0; c < rows.columnCount; c++) offsets[c + 1] = offsets[c + 1] + offsets[c]
  const next = offsets.slice(0, rows.columnCount)
  const columns = new Int32Array(rows.columns.length)
  const weights = rows.weights === undefined ? undefined : new Float32Array(columns.length)
  for (let r = 0; r < rows.rowCount; r++) {
    for (let k = rows.offsets[r]; k < rows.offsets[r + 1]; k++) {
      const column = rows.columns[k]
      const at = next[column]
      next[column] = at + 1
      columns[at] = r
      if (weights !== undefined) weights[at] = rows.weights?.[k] ?? 1
    }
  }
  return { rowCount: rows.columnCount, columnCount: rows.rowCount, offsets, columns, weights }
}

function countRows(log: Interactions, subset: Int32Array | undefined): number {
  if (subset === undefined) return log.item.length
  let count = 0
  for (const user of subset) count += log.userOffsets[user + 1] - log.userOffsets[user]
  return count
}
