import { createRandom } from '../train/random.ts'
import { type Impressions, NO_LABEL } from './read-impressions.ts'

/**
 * How the rows to score stand to those to learn from: later than all (`time`), each user's later rows (`user-time`), other users (`user`), or
 * a random draw (`row`).
 */
export type Relation = 'time' | 'user-time' | 'user' | 'row'

/**
 * Train rows in blocks that stand to each other as the test rows stand to the train rows. Features of a row of block b come from its
 * history: lower blocks where there is order, all other blocks else. The test rows are block `count`, whose history is everything.
 */
export type Blocks = {
  readonly relation: Relation
  readonly count: number
  readonly isOrdered: boolean
  /** Block of each train row, -1 for unusable rows. */
  readonly of: Int8Array
  /** Blocks whose rows get features, ascending; the last one is best for validation. */
  readonly learnt: readonly number[]
}

/** Share of the train rows that only ever are history, where there is order. */
const FIRST_SHARE = 0.4
const FOLDS = 5
/** From this share of test rows that behave so, all are taken to. */
const MOST = 0.9
/** With fewer test rows than this of users that train rows know, the test is on new users. */
const FEW_KNOWN = 0.1

/** Divides the train rows. Only users, items and times of the test rows are looked at. */
export function divideRows(rows: Impressions, seed: number): Blocks {
  const relation = relationOf(rows)
  if (relation === 'row' || relation === 'user') {
    const random = createRandom(seed)
    const byUser = Int8Array.from(rows.userIds, () => Math.floor(random() * FOLDS))
    const draw = (row: number) => (relation === 'user' ? byUser[rows.user[row]] : Math.floor(random() * FOLDS))
    const of = Int8Array.from({ length: rows.trainCount }, (_, row) => (rows.label[row] === NO_LABEL ? -1 : draw(row)))
    return { relation, count: FOLDS, isOrdered: false, of, learnt: Array.from({ length: FOLDS }, (_, b) => b) }
  }
  const share = Math.min(0.2, Math.max(0.12, (rows.rowCount - rows.trainCount) / rows.trainCount))
  const count = 1 + Math.round((1 - FIRST_SHARE) / share)
  const quantile = relation === 'time' ? quantiles(rows) : quantilesByUser(rows)
  const of = Int8Array.from(quantile, (q) =>
    q < 0
      ? -1
      : q < FIRST_SHARE
        ? 0
        : Math.min(count - 1, 1 + Math.floor(((q - FIRST_SHARE) / (1 - FIRST_SHARE)) * (count - 1))),
  )
  return { relation, count, isOrdered: true, of, learnt: Array.from({ length: count - 1 }, (_, b) => b + 1) }
}

/** Whether train row `row` may speak for rows of block `block`. */
export function isHistory(blocks: Blocks, row: number, block: number): boolean {
  const own = blocks.of[row]
  return own >= 0 && (blocks.isOrdered ? own < block : own !== block)
}

/** Tells the relation from which users the test rows have and from their times. */
export function relationOf(rows: Impressions): Relation {
  const { trainCount, rowCount, user, times } = rows
  const last = new Float64Array(rows.userIds.length).fill(Number.NaN)
  const keys: number[] = []
  const isKnown = new Uint8Array(rows.userIds.length)
  for (let r = 0; r < trainCount; r++) {
    if (rows.label[r] === NO_LABEL) continue
    const key = times.key[r]
    isKnown[user[r]] = 1
    if (Number.isNaN(key)) continue
    keys.push(key)
    if (!(last[user[r]] >= key)) last[user[r]] = key
  }
  const latest = Float64Array.from(keys).sort()[Math.floor(keys.length * 0.98)] ?? Number.NaN
  let [known, after, afterOwn] = [0, 0, 0]
  for (let r = trainCount; r < rowCount; r++) {
    if (times.key[r] >= latest) after++
    if (user[r] < 0 || isKnown[user[r]] === 0) continue
    known++
    if (times.key[r] >= last[user[r]]) afterOwn++
  }
  const tested = rowCount - trainCount
  if (tested > 0 && after >= MOST * tested) return 'time'
  if (known < FEW_KNOWN * tested) return 'user'
  return tested > 0 && afterOwn >= MOST * known ? 'user-time' : 'row'
}

/** Place of each usable train row in time, 0 … 1; -1 for others. Rows without a time come first. */
function quantiles({ trainCount, label, times }: Impressions): Float64Array {
  const order = sortByTime(
    Array.from({ length: trainCount }, (_, r) => r).filter((r) => label[r] !== NO_LABEL),
    times.key,
  )
  const place = new Float64Array(trainCount).fill(-1)
  order.forEach((row, k) => {
    place[row] = (k + 0.5) / order.length
  })
  return place
}

function quantilesByUser({ trainCount, label, times, user, userIds }: Impressions): Float64Array {
  const own: number[][] = userIds.map(() => [])
  for (let r = 0; r < trainCount; r++) if (label[r] !== NO_LABEL) own[user[r]].push(r)
  const place = new Float64Array(trainCount).fill(-1)
  for (const list of own) {
    sortByTime(list, times.key).forEach((row, k) => {
      place[row] = (k + 0.5) / list.length
    })
  }
  return place
}

function sortByTime(list: number[], key: Float64Array): number[] {
  const at = (row: number) => (Number.isNaN(key[row]) ? Number.NEGATIVE_INFINITY : key[row])
  return list.sort((a, b) => {
    const [x, y] = [at(a), at(b)]
    return x === y ? a - b : x - y
  })
}
