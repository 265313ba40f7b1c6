import { ITEM_FLAG } from '#contract/columns'
import type { Manifest } from '#contract/manifest'
import { dequantise } from '#contract/vectors'
import { currentParts, type StoredCells } from './stored-cells.ts'

/**
 * Vectors of a release in the dataset's item order; zeros for items that it does not have.
 * @param itemNos - itemNo of each item of the dataset.
 * @param onlyEvidence - Also zeros for items that have no evidence of their own.
 */
export function vectorsOfItems(
  { cells }: StoredCells,
  { spaces: [{ dim, scales }] }: Pick<Manifest, 'spaces'>,
  itemNos: Uint32Array,
  onlyEvidence = false,
): Float32Array {
  const grid = Float32Array.from(scales)
  const indexOf = new Map(Array.from(itemNos, (itemNo, index) => [itemNo, index]))
  const out = new Float32Array(itemNos.length * dim)
  for (const cell of cells) {
    const { columns, vectors } = currentParts(cell)
    const rows = dequantise(vectors[0].quantised, grid)
    columns.itemNos.forEach((itemNo, row) => {
      const index = indexOf.get(itemNo)
      if (index === undefined || (onlyEvidence && (columns.flags[row] & ITEM_FLAG.hasEvidence) === 0)) return
      out.set(rows.subarray(row * dim, (row + 1) * dim), index * dim)
    })
  }
  return out
}
