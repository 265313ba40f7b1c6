import type { Dataset, Interactions } from '../dataset.ts'
import type { NoisedPairs } from './co-occurrence.ts'

export type AddPairsOptions = {
  /** Time of the added rows, ms: the same for all, so that it tells nothing of any; not used where the log has no times. */
  readonly at: number
  /** At most this many users are added; more pairs are thinned evenly. */
  readonly maxUsers: number
}

/**
 * Adds noised pairs to a log: a pair of count n becomes n users who have just these two items, with weight 1. Embedding, voters, popularity and
 * trending then learn from them as from any short history; validation and the ranker's lists do not, for they take longer histories.
 * Since pairs are all that is added, an item's popularity grows by its published pairs and by nothing else.
 */
export function addPairs(dataset: Dataset, pairs: NoisedPairs, options: AddPairsOptions): Dataset {
  const copies = thin(pairs.count, options.maxUsers)
  const added = copies.reduce((sum, count) => sum + count, 0)
  if (added === 0) return dataset
  const log = dataset.interactions
  const isEmpty = log.item.length === 0
  const item = new Int32Array(log.item.length + 2 * added)
  item.set(log.item)
  const userOffsets = new Int32Array(log.userCount + added + 1)
  userOffsets.set(log.userOffsets)
  let row = log.item.length
  let user = log.userCount
  for (let k = 0; k < copies.length; k++) {
    for (let n = 0; n < copies[k]; n++) {
      item[row++] = pairs.first[k]
      item[row++] = pairs.second[k]
      userOffsets[++user] = row
    }
  }
  const interactions: Interactions = {
    userCount: user,
    itemCount: log.itemCount,
    userOffsets,
    item,
    weight: extend(log.weight, new Float32Array(item.length), 1),
    at: extend(log.at, new Float64Array(item.length), options.at),
    order: isEmpty ? 'none' : log.order,
  }
  const names = Array.from({ length: added }, (_, n) => `visitor-pair-${n}`)
  return { users: [...dataset.users, ...names], items: dataset.items, interactions }
}

function extend<A extends Float32Array | Float64Array>(old: A, into: A, value: number): A {
  into.set(old)
  into.fill(value, old.length)
  return into
}

/** Scales counts so that they sum to about `limit` at most, at least 1 each. */
function thin(counts: Int32Array, limit: number): Int32Array {
  const sum = counts.reduce((total, count) => total + count, 0)
  if (sum <= limit) return counts
  return counts.map((count) => Math.max(1, Math.round((count * limit) / sum)))
}
