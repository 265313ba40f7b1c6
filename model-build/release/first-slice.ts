import { CELL_ROLE } from '#contract/shard-table'
import { encodeTrees, type TreeEnsemble } from '#contract/trees'
import { type CellSources, encodeCell } from './encode-cells.ts'
import { ObjectSet } from './object-set.ts'
import { inCellOrder } from './partition.ts'
import { wireBytes } from './wire-bytes.ts'

/** A first list of fewer than some dozens of items is worth little, whatever the trees weigh. Bytes. */
const LEAST_BYTES = 25_000

/** Bytes that the first slice may weigh where it and the trees may weigh `most` together: a first personal list waits for both. */
export async function roomBesideTrees(trees: TreeEnsemble | null, most: number): Promise<number> {
  const taken = trees === null ? 0 : await wireBytes(encodeTrees(trees))
  return Math.max(LEAST_BYTES, most - taken)
}

/**
 * How many of the most popular items the head's first slice holds: a first personal list waits for all of its objects, and popular items may have
 * many voters.
 * @param popular - Items, the most popular first.
 * @param most - Items at most.
 * @param maxBytes - Bytes of the slice's objects on their way (brotli), cards included; at least one item is taken.
 */
export async function firstSliceSize(
  popular: readonly number[],
  sources: CellSources,
  { most, maxBytes }: { readonly most: number; readonly maxBytes: number },
): Promise<number> {
  let size = Math.min(most, popular.length)
  while (size > 1 && maxBytes < Number.POSITIVE_INFINITY) {
    const bytes = await sliceBytes(popular.slice(0, size), sources)
    if (bytes <= maxBytes) break
    // The first of the popular items are the largest: what is left out weighs less than its share.
    size = Math.max(1, Math.min(size - 1, Math.floor((size * maxBytes) / bytes)))
  }
  return size
}

async function sliceBytes(items: readonly number[], sources: CellSources): Promise<number> {
  const objects = new ObjectSet()
  encodeCell({ role: CELL_ROLE.head, items: inCellOrder(items, sources.itemNos), group: -1 }, sources, objects)
  const sizes = await Promise.all(Array.from(objects.entries(), ([, bytes]) => wireBytes(bytes)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
