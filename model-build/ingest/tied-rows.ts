import { createRandom, shuffle } from '../train/random.ts'

/** With fewer ties than this share of neighbours in the users' histories, they decide little. */
const MANY_TIES = 0.5

/** Tied neighbours of which so many stand in the items' order were sorted by item. */
const SORTED_SHARE = 0.95

/** Ties looked at: with fewer, their order may be chance. */
const LEAST_TIES = 50
const SAMPLED_TIES = 100_000

const SEED = 1

/** Rows grouped by user, each user's sorted by key: user u has `order[offsets[u] … offsets[u + 1] - 1]`. */
export type KeyedRows = {
  readonly offsets: Int32Array
  readonly order: Int32Array
  /** One per row of the log. */
  readonly key: Float64Array
  readonly item: Int32Array
  readonly itemIds: readonly string[]
}

/**
 * Whether most rows of a user share their time with the next one, and stand sorted by item there: where they stand in the file then says nothing of what
 * happened first, as in a log that a database gave out, or one with a date per visit.
 */
export function areTiesSorted({ offsets, order, key, item, itemIds }: KeyedRows): boolean {
  let neighbours = 0
  let ties = 0
  let rising = 0
  let falling = 0
  for (let user = 0; user + 1 < offsets.length; user++) {
    for (let k = offsets[user] + 1; k < offsets[user + 1]; k++) {
      const [before, after] = [order[k - 1], order[k]]
      if (item[before] === item[after]) continue
      neighbours++
      if (key[before] !== key[after]) continue
      if (++ties > SAMPLED_TIES) continue
      if (isAscending(itemIds[item[before]], itemIds[item[after]])) rising++
      else falling++
    }
  }
  const seen = rising + falling
  return seen >= LEAST_TIES && ties >= MANY_TIES * neighbours && Math.max(rising, falling) >= SORTED_SHARE * seen
}

/** Puts rows of equal key in a random order, the same for the same rows. */
export function shuffleTies({ offsets, order, key }: KeyedRows): void {
  const random = createRandom(SEED)
  for (let user = 0; user + 1 < offsets.length; user++) {
    for (let from = offsets[user]; from < offsets[user + 1]; ) {
      let to = from + 1
      while (to < offsets[user + 1] && key[order[to]] === key[order[from]]) to++
      if (to - from > 1) shuffle(order.subarray(from, to), random)
      from = to
    }
  }
}

function isAscending(a: string, b: string): boolean {
  const [left, right] = [Number(a), Number(b)]
  return Number.isNaN(left) || Number.isNaN(right) ? a < b : left < right
}
