import { FAST_RATIO, type HistoryItem } from '#contract/features'
import { historyWeights } from '#contract/fold-in'
import type { Model } from './model.ts'

/** History weights below this have no say: what they add is beyond single precision. */
const LEAST_WEIGHT = 2 ** -40

/** Votes of a history for each of some rows; one entry per row. */
export type Votes = {
  readonly recent: Float32Array
  readonly uniform: Float32Array
  readonly fast: Float32Array
  readonly max: Float32Array
  readonly count: Float32Array
  readonly last: Float32Array
  readonly context: Float32Array
  /** Place in the history of the item with the largest recent vote, -1 none. */
  readonly best: Int16Array
}

/**
 * The rows with the most votes, each history item voting with ratio^k. Sums are rounded to single precision after every vote,
 * latest item first, so that every engine agrees.
 * @returns Rows by descending votes, ties by ascending itemNo; at most k, none blocked, none without a vote.
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
      sums[row] += weights[h] * ((voters.high[at] >>> 2) * voters.stepOf(row))
    }
  }
  heap.reset(k)
  for (let i = 0; i < found; i++) {
    const row = touched[i]
    if (blocked[row] === 0 && sums[row] >= heap.floor) heap.offer(row, sums[row])
    sums[row] = 0
  }
  return heap.take().rows
}

/** Adds up, for given rows, everything features ask of the voters. @param rows - No repeats. */
export function countVotes(
  model: Model,
  rows: Int32Array,
  {
    history,
    contextItems,
  }: { readonly history: readonly HistoryItem[]; readonly contextItems: readonly HistoryItem[] },
): Votes {
  const { ordered, voterRatio } = model.manifest
  const { slotOf } = model.scratch
  const votes = emptyVotes(rows.length)
  const recentWeights = historyWeights(history.length, ordered ? voterRatio : 1)
  const fastWeights = historyWeights(history.length, ordered ? FAST_RATIO : 1)
  const bestVote = new Float32Array(rows.length)
  for (let i = 0; i < rows.length; i++) slotOf[rows[i]] = i
  for (let h = 0; h < history.length; h++) {
    const recentWeight = recentWeights[h] >= LEAST_WEIGHT ? recentWeights[h] : 0
    const fastWeight = fastWeights[h] >= LEAST_WEIGHT ? fastWeights[h] : 0
    eachVote(model, history[h], (slot, vote) => {
      votes.recent[slot] += recentWeight * vote
      votes.uniform[slot] += vote
      votes.fast[slot] += fastWeight * vote
      votes.count[slot]++
      if (vote > votes.max[slot]) votes.max[slot] = vote
      if (h === 0 && ordered) votes.last[slot] = vote
      if (recentWeight * vote > bestVote[slot]) {
        bestVote[slot] = recentWeight * vote
        votes.best[slot] = h
      }
    })
  }
  for (const item of contextItems)
    eachVote(model, item, (slot, vote) => {
      votes.context[slot] += vote
    })
  for (let i = 0; i < rows.length; i++) slotOf[rows[i]] = -1
  return votes
}

function eachVote(model: Model, item: HistoryItem, visit: (slot: number, vote: number) => void): void {
  const { voters } = model.catalogue
  const { slotOf } = model.scratch
  const [from, to] = voters.range(item.itemNo)
  for (let at = from; at < to; at++) {
    const row = voters.low[at] | ((voters.high[at] & 3) << 16)
    const slot = slotOf[row]
    if (slot >= 0) visit(slot, (voters.high[at] >>> 2) * voters.stepOf(row))
  }
}

function emptyVotes(count: number): Votes {
  const floats = () => new Float32Array(count)
  return {
    recent: floats(),
    uniform: floats(),
    fast: floats(),
    max: floats(),
    count: floats(),
    last: floats(),
    context: floats(),
    best: new Int16Array(count).fill(-1),
  }
}
