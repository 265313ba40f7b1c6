import { LIMITS } from '#contract/limits'
import type { ColumnVisitor } from './ease.ts'
import type { SparseRows } from './interaction-matrix.ts'

/** Sources of item i are entries `offsets[i] … offsets[i + 1] - 1`, ascending. */
export type Picked = { readonly offsets: Int32Array; readonly source: Int32Array }

export type Picker = {
  /** Items may come in any order, each at most once. */
  readonly pick: ColumnVisitor
  readonly finish: () => Picked
}

export type PickOptions = {
  readonly mean: number
  readonly minSupport: number
  /** Whether a weight below 0 counts as much as one above, or is passed over. */
  readonly against: boolean
}

/** Most sources of one item over the mean. */
const MOST = 12

/** Sources that an item keeps although others have larger weights. */
const LEAST = 3

/**
 * Picks sources for all items by the size of their weights, `mean` for each item that has any: popular items hang on more of them than rare ones.
 * Only pairs that at least `minSupport` users share are picked; ties go to the lower source.
 */
export function createPicker(
  byUser: SparseRows,
  byItem: SparseRows,
  { mean, minSupport, against }: PickOptions,
): Picker {
  const items = byItem.rowCount
  const most = Math.min(LIMITS.votersPerItem, MOST * mean)
  const starts = new Int32Array(items)
  const sizes = new Int32Array(items)
  // Best first within an item; what is never written takes no memory.
  const source = new Int32Array(items * most)
  const weight = new Float32Array(items * most)
  const support = minSupport > 1 ? new Int32Array(items) : undefined
  let end = 0
  const pick: ColumnVisitor = (item, weights, sources) => {
    if (support !== undefined) countShared(byUser, byItem, item, support)
    const base = end
    for (let k = 0; k < weights.length; k++) {
      const value = against ? Math.abs(weights[k]) : weights[k]
      const isFull = end - base === most
      if (!(value > 0) || (isFull && value <= weight[end - 1])) continue
      const from = sources === undefined ? k : sources[k]
      if (from === item || (support !== undefined && support[from] < minSupport)) continue
      let at = isFull ? end - 1 : end++
      for (; at > base && weight[at - 1] < value; at--) {
        weight[at] = weight[at - 1]
        source[at] = source[at - 1]
      }
      weight[at] = value
      source[at] = from
    }
    starts[item] = base
    sizes[item] = end - base
  }
  return { pick, finish: () => keepLargest({ starts, sizes, source, weight: weight.subarray(0, end) }, mean) }
}

function countShared(byUser: SparseRows, byItem: SparseRows, item: number, support: Int32Array): void {
  support.fill(0)
  for (let k = byItem.offsets[item]; k < byItem.offsets[item + 1]; k++) {
    const user = byItem.columns[k]
    for (let p = byUser.offsets[user]; p < byUser.offsets[user + 1]; p++) support[byUser.columns[p]]++
  }
}

/** Of each item's sources those whose weight is among the `mean` largest per item of all, LEAST in any case. */
function keepLargest(
  found: {
    readonly starts: Int32Array
    readonly sizes: Int32Array
    readonly source: Int32Array
    readonly weight: Float32Array
  },
  mean: number,
): Picked {
  const { starts, sizes, source, weight } = found
  const wanted = mean * sizes.reduce((items, size) => items + (size > 0 ? 1 : 0), 0)
  const least = wanted < weight.length ? weight.slice().sort()[weight.length - wanted] : 0
  const offsets = new Int32Array(sizes.length + 1)
  const kept = new Int32Array(weight.length)
  let end = 0
  for (let i = 0; i < sizes.length; i++) {
    const from = end
    for (let k = starts[i]; k < starts[i] + sizes[i] && (k < starts[i] + LEAST || weight[k] >= least); k++)
      kept[end++] = source[k]
    kept.subarray(from, end).sort()
    offsets[i + 1] = end
  }
  return { offsets, source: kept.slice(0, end) }
}
