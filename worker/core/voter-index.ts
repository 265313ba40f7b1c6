import { RecError } from '#contract/errors'
import { levelOf, MAX_WEIGHT, type VoterCell, weightOfLevel } from '#contract/voters'

/** Rows a voter index can name: 18 bits, above the 250 k items of the largest tier. */
export const MAX_ROWS = 2 ** 18

const WEIGHTS = Int8Array.from({ length: 64 }, (_, bits) => weightOfLevel(bits < 32 ? bits : bits - 64))

/** Level of each weight from -MAX_WEIGHT on, in six bits. */
const LEVEL_BITS = Uint8Array.from({ length: 2 * MAX_WEIGHT + 1 }, (_, at) => levelOf(at - MAX_WEIGHT) & 63)

/** Votes turned round: for each item that may stand in a history, the resident rows it speaks for or against. Three bytes a vote. */
export type VoterIndex = {
  readonly voteCount: number
  /** Weight step of each row's cell: vote = weight · step. */
  stepOf(row: number): number
  /** First and one past the last vote of a source item, in one reused pair. */
  range(itemNo: number): readonly [number, number]
  /** Sum of the integer weights of all votes for a row; total = totalOf · step. */
  readonly totalOf: Uint16Array
  readonly low: Uint16Array
  /** Bits 0-1: row div 65536; bits 2-7: level of the weight, in two's complement. */
  readonly high: Uint8Array
  /** Weights by such six bits. */
  readonly weightOf: Int8Array
}

/** One cell's voters and the row of its first item. */
export type VoterPart = { readonly voters: VoterCell; readonly firstRow: number }

/**
 * Inverts the voters of resident cells by counting sort: votes of a source ascend by row.
 * @param parts - In row order, together covering rows 0…rowCount-1. Not kept.
 * @param itemNoEnd - Highest itemNo + 1; votes of sources beyond it are refused.
 * @throws RecError `shard-malformed` when a source or a weight is out of range, `too-large` beyond MAX_ROWS rows.
 */
export function createVoterIndex(parts: readonly VoterPart[], rowCount: number, itemNoEnd: number): VoterIndex {
  if (rowCount > MAX_ROWS)
    throw new RecError('too-large', 'more resident items than a voter index can name', { rowCount })
  const starts = countSources(parts, itemNoEnd)
  const voteCount = starts[itemNoEnd]
  const low = new Uint16Array(voteCount)
  const high = new Uint8Array(voteCount)
  const totalOf = new Uint16Array(rowCount)
  const next = starts.slice(0, itemNoEnd)
  for (const { voters, firstRow } of parts) {
    const { offsets, source, weights } = voters
    for (let i = 0; i < voters.itemCount; i++) {
      const row = firstRow + i
      let total = 0
      for (let k = offsets[i]; k < offsets[i + 1]; k++) {
        const at = next[source[k]]++
        low[at] = row & 0xffff
        const level = LEVEL_BITS[weights[k] + MAX_WEIGHT]
        high[at] = (row >>> 16) | (level << 2)
        total += Math.max(0, WEIGHTS[level])
      }
      totalOf[row] = total
    }
  }
  const pair: [number, number] = [0, 0]
  const { sources, offsets } = compact(starts, itemNoEnd)
  return {
    voteCount,
    totalOf,
    low,
    high,
    weightOf: WEIGHTS,
    stepOf: createSteps(parts),
    range: (itemNo) => {
      const at = find(sources, itemNo)
      pair[0] = at < 0 ? 0 : offsets[at]
      pair[1] = at < 0 ? 0 : offsets[at + 1]
      return pair
    },
  }
}

function countSources(parts: readonly VoterPart[], itemNoEnd: number): Uint32Array {
  const starts = new Uint32Array(itemNoEnd + 1)
  for (const { voters } of parts) {
    for (let k = 0; k < voters.source.length; k++) {
      const source = voters.source[k]
      if (source >= itemNoEnd || Math.abs(voters.weights[k]) > MAX_WEIGHT)
        throw new RecError('shard-malformed', 'a vote is out of range', { itemNoEnd })
      starts[source + 1]++
    }
  }
  for (let s = 0; s < itemNoEnd; s++) starts[s + 1] += starts[s]
  return starts
}

/** Keeps only sources that have votes, so that a large catalogue of which little is resident stays small. */
function compact(starts: Uint32Array, itemNoEnd: number): { sources: Uint32Array; offsets: Uint32Array } {
  let used = 0
  for (let s = 0; s < itemNoEnd; s++) if (starts[s + 1] > starts[s]) used++
  const sources = new Uint32Array(used)
  const offsets = new Uint32Array(used + 1)
  let at = 0
  for (let s = 0; s < itemNoEnd; s++) {
    if (starts[s + 1] === starts[s]) continue
    sources[at] = s
    offsets[++at] = starts[s + 1]
  }
  return { sources, offsets }
}

/** Position of a value in an ascending array, or -1. */
export function find(sorted: Uint32Array, value: number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (sorted[middle] < value) from = middle + 1
    else to = middle
  }
  return from < sorted.length && sorted[from] === value ? from : -1
}

function createSteps(parts: readonly VoterPart[]): (row: number) => number {
  const steps = Float32Array.from(parts, (part) => part.voters.weightStep)
  const same = steps.every((step) => step === steps[0])
  if (same) return () => steps[0]
  const firstRows = Uint32Array.from(parts, (part) => part.firstRow)
  return (row) => {
    let from = 0
    let to = firstRows.length
    while (to - from > 1) {
      const middle = (from + to) >>> 1
      if (firstRows[middle] <= row) from = middle
      else to = middle
    }
    return steps[from]
  }
}
