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
  /** A drawn number per row, train and test: the order of rows of equal time, of which the file's order says nothing. */
  readonly draw: Float64Array
}

/** Share of the train rows that only ever are history, where there is order. */
const FIRST_SHARE = 0.4
const FOLDS = 5
/** From this share of test rows that behave so, all are taken to. */
const MOST = 0.9
/** With fewer test rows than this of users that train rows know, the test is on new users. */
const FEW_KNOWN = 0.1
/** A last instant that holds more than this share of the train rows tells no test row of its own as later. */
const MOST_LAST = 0.2
/** Keeps the order of rows of equal time apart from the draw of blocks. */
const DRAW_STREAM = 0x5eed

/** Divides the train rows. Only users, items and times of the test rows are looked at. */
export function divideRows(rows: Impressions, seed: number): Blocks {
  const relation = relationOf(rows)
  const random = createRandom(seed + DRAW_STREAM)
  const draw = Float64Array.from({ length: rows.rowCount }, random)
  if (relation === 'row' || relation === 'user') return { ...drawBlocks(rows, relation, seed), draw }
  const share = Math.min(0.2, Math.max(0.12, (rows.rowCount - rows.trainCount) / rows.trainCount))
  const count = 1 + Math.round((1 - FIRST_SHARE) / share)
  const width = (1 - FIRST_SHARE) / (count - 1)
  const place = placeInTime(rows, relation, { key: rows.times.key, draw, width })
  const blockAt = (p: number) => (p < FIRST_SHARE ? 0 : Math.min(count - 1, 1 + Math.floor((p - FIRST_SHARE) / width)))
  const of = Int8Array.from(place, (p) => (p < 0 ? -1 : blockAt(p)))
  return { relation, count, isOrdered: true, of, learnt: Array.from({ length: count - 1 }, (_, b) => b + 1), draw }
}

function drawBlocks(rows: Impressions, relation: 'row' | 'user', seed: number): Omit<Blocks, 'draw'> {
  const random = createRandom(seed)
  const byUser = Int8Array.from(rows.userIds, () => Math.floor(random() * FOLDS))
  const draw = (row: number) => (relation === 'user' ? byUser[rows.user[row]] : Math.floor(random() * FOLDS))
  const of = Int8Array.from({ length: rows.trainCount }, (_, row) => (rows.label[row] === NO_LABEL ? -1 : draw(row)))
  return { relation, count: FOLDS, isOrdered: false, of, learnt: Array.from({ length: FOLDS }, (_, b) => b) }
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
  const isLate = latenessAfter(Float64Array.from(keys).sort())
  let [known, after, afterOwn, withOwn] = [0, 0, 0, 0]
  for (let r = trainCount; r < rowCount; r++) {
    if (isLate(times.key[r])) after++
    if (user[r] < 0 || isKnown[user[r]] === 0) continue
    known++
    if (times.key[r] >= last[user[r]]) afterOwn++
    if (times.key[r] === last[user[r]]) withOwn++
  }
  const tested = rowCount - trainCount
  if (tested > 0 && after >= MOST * tested) return 'time'
  if (known < FEW_KNOWN * tested) return 'user'
  const isLater = afterOwn >= MOST * known && withOwn < afterOwn / 2
  return tested > 0 && isLater ? 'user-time' : 'row'
}

/** Whether a time is as late as the last train rows (`sorted` times, ascending). */
function latenessAfter(sorted: Float64Array): (key: number) => boolean {
  const latest = sorted[Math.floor(sorted.length * 0.98)] ?? Number.NaN
  const isShared = sorted.length - sorted.indexOf(latest) > MOST_LAST * sorted.length
  return (key) => key > latest || (key === latest && !isShared)
}

/** What orders rows, and the share of them above which rows of equal time are divided. */
type TimeOrder = { readonly key: Float64Array; readonly draw: Float64Array; readonly width: number }

/** Place of each usable train row in time, among all or among its user's, 0 … 1; -1 for others. Rows without a time come first. */
function placeInTime(
  { trainCount, label, user, userIds }: Impressions,
  relation: 'time' | 'user-time',
  order: TimeOrder,
): Float64Array {
  const lists: number[][] = relation === 'time' ? [[]] : userIds.map(() => [])
  for (let r = 0; r < trainCount; r++) {
    if (label[r] !== NO_LABEL) lists[relation === 'time' ? 0 : user[r]].push(r)
  }
  const place = new Float64Array(trainCount).fill(-1)
  for (const list of lists) placeList(list, order, place)
  return place
}

/**
 * Rows of equal time stand together in the middle of their places, so that no cut comes between them. Where they are more than a block (one day
 * of a log by days, a user's only time) each has a place of its own, as drawn.
 */
function placeList(list: number[], { key, draw, width }: TimeOrder, place: Float64Array): void {
  const at = (row: number) => (Number.isNaN(key[row]) ? Number.NEGATIVE_INFINITY : key[row])
  list.sort((a, b) => (at(a) === at(b) ? draw[a] - draw[b] : at(a) - at(b)))
  for (let start = 0, end = 0; start < list.length; start = end) {
    while (end < list.length && at(list[end]) === at(list[start])) end++
    const isDivided = end - start > width * list.length
    for (let k = start; k < end; k++) place[list[k]] = (isDivided ? k + 0.5 : (start + end) / 2) / list.length
  }
}
