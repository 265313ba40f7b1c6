import { FAST_RATIO, type HistoryItem, NO_RANK } from '#contract/features'
import { historyWeights } from '#contract/fold-in'
import { sessionLength } from '#contract/history-shape'
import type { Model } from './model.ts'

/** History weights below this have no say: what they add is beyond single precision. */
const LEAST_WEIGHT = 2 ** -40

/** Sum of votes for and against that cancel: too small to change any other vote in single precision, yet no 0, which says that nobody voted. */
const NOTHING = 2 ** -100

/** Votes of a history for each of some rows; one entry per row. */
export type Votes = {
  readonly recent: Float32Array
  readonly uniform: Float32Array
  readonly fast: Float32Array
  readonly max: Float32Array
  readonly count: Float32Array
  readonly last: Float32Array
  readonly context: Float32Array
  /** Of all voters for the row, in the history or not. */
  readonly total: Float32Array
  readonly second: Float32Array
  readonly last3: Float32Array
  /** Of the items of the running session. */
  readonly session: Float32Array
  /** Place in the history of the latest item that votes, NO_RANK none. */
  readonly lastPosition: Uint16Array
  /** Place of the largest unweighted vote, NO_RANK none. */
  readonly maxPosition: Uint16Array
  /** Place in the history of the item with the largest recent vote, -1 none. */
  readonly best: Int16Array
  readonly bestVote: Float32Array
}

/**
 * The rows with the most votes, each history item voting with ratio^k. Sums are rounded to single precision after every vote,
 * latest item first, so that every engine agrees.
 * @returns Rows by descending votes, ties by ascending itemNo; at most k, none blocked, none that no more speaks for than against.
 */
export function mostVoted(
  model: Model,
  history: readonly HistoryItem[],
  { ratio, k, blocked }: { readonly ratio: number; readonly k: number; readonly blocked: Uint8Array },
): Int32Array {
  const { voters } = model.catalogue
  const { sums, touched, heap } = model.scratch
  const weights = historyWeights(history.length, ratio)
  let found = 0
  for (let h = 0; h < history.length && weights[h] >= LEAST_WEIGHT; h++) {
    const [from, to] = voters.range(history[h].itemNo)
    for (let at = from; at < to; at++) {
      const row = voters.low[at] | ((voters.high[at] & 3) << 16)
      if (sums[row] === 0) touched[found++] = row
      const sum = sums[row] + weights[h] * (voters.weightOf[voters.high[at] >>> 2] * voters.stepOf(row))
      sums[row] = sum === 0 ? NOTHING : sum
    }
  }
  heap.reset(k)
  for (let i = 0; i < found; i++) {
    const row = touched[i]
    if (blocked[row] === 0 && sums[row] > NOTHING && sums[row] >= heap.floor) heap.offer(row, sums[row])
    sums[row] = 0
  }
  return heap.take().rows
}

/** Whose votes are counted; `now` in ms UTC ends the running session. */
export type VotersOf = {
  readonly history: readonly HistoryItem[]
  readonly contextItems: readonly HistoryItem[]
  readonly now: number
}

/** Adds up, for given rows, everything features ask of the voters. @param rows - No repeats. */
export function countVotes(model: Model, rows: Int32Array, { history, contextItems, now }: VotersOf): Votes {
  const { ordered, timed, voterRatio } = model.manifest
  const { slotOf } = model.scratch
  const votes = emptyVotes(rows.length)
  const recentWeights = historyWeights(history.length, ordered ? voterRatio : 1)
  const fastWeights = historyWeights(history.length, ordered ? FAST_RATIO : 1)
  const session = sessionLength(history, timed && ordered ? now : Number.NaN)
  for (let i = 0; i < rows.length; i++) {
    slotOf[rows[i]] = i
    votes.total[i] = model.catalogue.voters.totalOf[rows[i]] * model.catalogue.voters.stepOf(rows[i])
  }
  for (let h = 0; h < history.length; h++) {
    const recentWeight = recentWeights[h] >= LEAST_WEIGHT ? recentWeights[h] : 0
    const fastWeight = fastWeights[h] >= LEAST_WEIGHT ? fastWeights[h] : 0
    const by = { h, recentWeight, fastWeight, ordered, inSession: h < session }
    eachVote(model, history[h], (slot, vote) => addVote(votes, slot, vote, by))
  }
  for (const item of contextItems)
    eachVote(model, item, (slot, vote) => {
      votes.context[slot] += vote
    })
  for (let i = 0; i < rows.length; i++) slotOf[rows[i]] = -1
  return votes
}

/** Which item of a history votes. */
export type VoteBy = {
  /** Its position, 0 the latest. */
  readonly h: number
  readonly recentWeight: number
  readonly fastWeight: number
  readonly ordered: boolean
  readonly inSession: boolean
}

/** Counts one vote for one slot. */
export function addVote(votes: Votes, slot: number, vote: number, by: VoteBy): void {
  const { h, recentWeight, ordered } = by
  votes.recent[slot] += recentWeight * vote
  votes.uniform[slot] += vote
  votes.fast[slot] += by.fastWeight * vote
  if (vote > 0) votes.count[slot]++
  if (vote > votes.max[slot]) {
    votes.second[slot] = votes.max[slot]
    votes.max[slot] = vote
    if (ordered) votes.maxPosition[slot] = h
  } else if (vote > votes.second[slot]) votes.second[slot] = vote
  if (recentWeight * vote > votes.bestVote[slot]) {
    votes.bestVote[slot] = recentWeight * vote
    votes.best[slot] = h
  }
  if (!ordered) return
  if (h === 0) votes.last[slot] = vote
  if (h < 3) votes.last3[slot] += vote
  if (by.inSession) votes.session[slot] += vote
  if (vote > 0 && h < votes.lastPosition[slot]) votes.lastPosition[slot] = h
}

function eachVote(model: Model, item: HistoryItem, visit: (slot: number, vote: number) => void): void {
  const { voters } = model.catalogue
  const { slotOf } = model.scratch
  const [from, to] = voters.range(item.itemNo)
  for (let at = from; at < to; at++) {
    const row = voters.low[at] | ((voters.high[at] & 3) << 16)
    const slot = slotOf[row]
    if (slot >= 0) visit(slot, voters.weightOf[voters.high[at] >>> 2] * voters.stepOf(row))
  }
}

/** No votes yet, for `count` slots. */
export function emptyVotes(count: number): Votes {
  const floats = () => new Float32Array(count)
  return {
    recent: floats(),
    uniform: floats(),
    fast: floats(),
    max: floats(),
    count: floats(),
    last: floats(),
    context: floats(),
    total: floats(),
    second: floats(),
    last3: floats(),
    session: floats(),
    lastPosition: new Uint16Array(count).fill(NO_RANK),
    maxPosition: new Uint16Array(count).fill(NO_RANK),
    best: new Int16Array(count).fill(-1),
    bestVote: floats(),
  }
}
