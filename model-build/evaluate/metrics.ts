/**
 * Ranking metrics for implicit feedback. A list is item indices, best first, without repeats; a truth is the set of a user's test items.
 * Recall divides by all test items of the user, not by min(k, their number): many papers differ. Means run over users with a truth;
 * the others are skipped and counted.
 */

/** Hits among the first k, as a share of all of the user's test items; NaN for an empty truth. */
export function recallAt(list: ArrayLike<number>, truth: ReadonlySet<number>, k: number): number {
  return truth.size === 0 ? Number.NaN : countHits(list, truth, k) / truth.size
}

/** 1 when any of the first k is a hit, else 0; NaN for an empty truth. */
export function hitRateAt(list: ArrayLike<number>, truth: ReadonlySet<number>, k: number): number {
  return truth.size === 0 ? Number.NaN : countHits(list, truth, k) > 0 ? 1 : 0
}

/** Binary NDCG: sum of 1/log2(rank + 1) over hits among the first k, divided by that of min(k, |truth|) hits in front; NaN for an empty truth. */
export function ndcgAt(list: ArrayLike<number>, truth: ReadonlySet<number>, k: number): number {
  if (truth.size === 0) return Number.NaN
  let gain = 0
  let ideal = 0
  for (let rank = 0; rank < k; rank++) {
    const discount = 1 / Math.log2(rank + 2)
    if (rank < truth.size) ideal += discount
    if (rank < list.length && truth.has(list[rank] ?? -1)) gain += discount
  }
  return gain / ideal
}

/** Average precision: mean over min(k, |truth|) of the precision at each hit among the first k; NaN for an empty truth. */
export function averagePrecisionAt(list: ArrayLike<number>, truth: ReadonlySet<number>, k: number): number {
  if (truth.size === 0) return Number.NaN
  let hits = 0
  let sum = 0
  for (let rank = 0; rank < Math.min(k, list.length); rank++) {
    if (!truth.has(list[rank] ?? -1)) continue
    hits++
    sum += hits / (rank + 1)
  }
  return sum / Math.min(k, truth.size)
}

/** 1/rank of the first hit anywhere in the list, 0 without one; NaN for an empty truth. */
export function reciprocalRank(list: ArrayLike<number>, truth: ReadonlySet<number>): number {
  if (truth.size === 0) return Number.NaN
  for (let rank = 0; rank < list.length; rank++) if (truth.has(list[rank] ?? -1)) return 1 / (rank + 1)
  return 0
}

/** Mean over the first k of -log2 of the item's share of training pairs; an item without any counts as one pair. NaN for an empty list. */
export function noveltyAt(
  list: ArrayLike<number>,
  popularity: ArrayLike<number>,
  totalPairs: number,
  k: number,
): number {
  const length = Math.min(k, list.length)
  let sum = 0
  for (let rank = 0; rank < length; rank++) sum -= Math.log2(Math.max(popularity[list[rank] ?? 0] ?? 0, 1) / totalPairs)
  return length === 0 ? Number.NaN : sum / length
}

/**
 * Intra-list diversity: mean of 1 - similarity over all pairs among the first k; NaN with fewer than two items.
 * @param similarity - Symmetric, 0…1 for items alike to the same.
 */
export function diversityAt(list: ArrayLike<number>, similarity: (a: number, b: number) => number, k: number): number {
  const length = Math.min(k, list.length)
  let sum = 0
  for (let a = 0; a < length; a++)
    for (let b = a + 1; b < length; b++) sum += 1 - similarity(list[a] ?? 0, list[b] ?? 0)
  return length < 2 ? Number.NaN : sum / ((length * (length - 1)) / 2)
}

/**
 * Gini coefficient of exposure: 0 when all items are shown equally often, (n - 1)/n when one item takes everything; NaN when nothing was shown.
 * @param exposure - How often each catalogue item was shown, zeros included.
 */
export function giniOf(exposure: ArrayLike<number>): number {
  const sorted = Float64Array.from(exposure).sort()
  let total = 0
  let weighted = 0
  for (let rank = 0; rank < sorted.length; rank++) {
    const count = sorted[rank] ?? 0
    total += count
    weighted += (2 * (rank + 1) - sorted.length - 1) * count
  }
  return total === 0 ? Number.NaN : weighted / (sorted.length * total)
}

/**
 * Area under the ROC curve of one list over all items that may be shown, items beyond the list tied behind it: the chance that a test item stands
 * before one that is none, ties counting half. NaN for an empty truth or when nothing else may be shown.
 * @param open - Items that may be shown: the catalogue without what the user knows.
 */
export function aucOf(list: ArrayLike<number>, truth: ReadonlySet<number>, open: number): number {
  const others = open - truth.size
  if (truth.size === 0 || others <= 0) return Number.NaN
  let wins = 0
  let othersSeen = 0
  let found = 0
  for (let rank = 0; rank < list.length; rank++) {
    if (truth.has(list[rank] ?? -1)) {
      wins += others - othersSeen
      found++
    } else othersSeen++
  }
  wins += ((truth.size - found) * (others - othersSeen)) / 2
  return wins / (truth.size * others)
}

/** Mean popularity of some items, 0 for none. */
export function meanPopularity(items: ArrayLike<number>, popularity: ArrayLike<number>, k = items.length): number {
  const length = Math.min(k, items.length)
  let sum = 0
  for (let i = 0; i < length; i++) sum += popularity[items[i] ?? 0] ?? 0
  return length === 0 ? 0 : sum / length
}

function countHits(list: ArrayLike<number>, truth: ReadonlySet<number>, k: number): number {
  let hits = 0
  for (let rank = 0; rank < Math.min(k, list.length); rank++) if (truth.has(list[rank] ?? -1)) hits++
  return hits
}
