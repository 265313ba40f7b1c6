import type { Interactions } from '../dataset.ts'

/** Rows per item: the popularity that lists are compared with. */
export function supportOf(log: Interactions): Float64Array {
  const support = new Float64Array(log.itemCount)
  for (const item of log.item) support[item]++
  return support
}

/** All items, most rows first, ties by index. */
export function popularOrder(support: Float64Array): Int32Array {
  return Int32Array.from(support.keys()).sort((a, b) => support[b] - support[a] || a - b)
}

/** The first items of an order that a user does not know yet. */
export function firstUnseen(order: Int32Array, seen: ReadonlySet<number>, count: number): number[] {
  const list: number[] = []
  for (const item of order) {
    if (list.length === count) break
    if (!seen.has(item)) list.push(item)
  }
  return list
}
