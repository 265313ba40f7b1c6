import type { Random } from '../train/random.ts'
import { shuffle } from '../train/random.ts'
import type { BatchTargets, SequenceBatch } from './network.ts'

/** Histories as one list of items each, oldest first: user u has items[offsets[u] … offsets[u + 1] - 1]. */
export type Histories = { readonly offsets: Int32Array; readonly items: Int32Array }

/** One batch of an epoch: what is read, and of each row the item to predict. */
export type TrainingBatch = SequenceBatch & { readonly next: Int32Array }

export type BatchOptions = {
  /** Rows of a batch. */
  readonly rows: number
  /** Items that one sequence has at most. */
  readonly length: number
  /** Each row predicts one of the items that follow within this many steps, 1 for the next only. */
  readonly horizon: number
  readonly random: Random
}

/**
 * Cuts histories into windows and deals them out in random order, each row of each history once. Long histories are cut at other
 * places in each epoch.
 */
export function* dealBatches({ offsets, items }: Histories, options: BatchOptions): Generator<TrainingBatch> {
  const { rows, length, horizon, random } = options
  const starts: number[] = []
  const ends: number[] = []
  for (let user = 0; user + 1 < offsets.length; user++) {
    const last = offsets[user + 1] - 1
    const first = last - offsets[user] > length ? 1 + Math.floor(random() * length) : length
    for (let from = offsets[user], to = from + first; from < last; from = to, to += length) {
      starts.push(from)
      ends.push(Math.min(to, last))
    }
  }
  const userEnd = endsOfUsers({ offsets, items })
  const order = Int32Array.from(starts.keys())
  shuffle(order, random)
  for (let k = 0; k < order.length; ) {
    const batchOffsets = [0]
    const read: number[] = []
    const next: number[] = []
    for (; k < order.length; k++) {
      const from = starts[order[k]]
      const to = ends[order[k]]
      if (read.length + to - from > rows) break
      for (let row = from; row < to; row++) {
        read.push(items[row])
        const ahead = Math.min(horizon, userEnd[row] - row - 1)
        next.push(items[row + 1 + Math.floor(random() * ahead)])
      }
      batchOffsets.push(read.length)
    }
    yield { offsets: Int32Array.from(batchOffsets), items: Int32Array.from(read), next: Int32Array.from(next) }
  }
}

function endsOfUsers({ offsets, items }: Histories): Int32Array {
  const ends = new Int32Array(items.length)
  for (let user = 0; user + 1 < offsets.length; user++) ends.fill(offsets[user + 1], offsets[user], offsets[user + 1])
  return ends
}

/** Draws what each batch's softmax chooses among. */
export type CandidateSampler = (next: Int32Array, random: Random) => BatchTargets

/**
 * All items while there are at most `limit`; beyond, the batch's own targets and uniform draws, each with minus the log of its chance of
 * being there as shift, so that the sum over them estimates the sum over all items (the logQ correction: Bengio & Senécal 2008; Yi et al. 2019)
 * and scores do not come out overconfident.
 * @param support - How often each item is a target.
 */
export function createSampler(
  support: Float64Array,
  { limit, rows }: { limit: number; rows: number },
): CandidateSampler {
  const count = support.length
  if (count <= limit) return everything(count)
  const total = support.reduce((sum, value) => sum + value, 0)
  const drawn = limit - Math.min(rows, Math.floor(limit / 2))
  const shifts = Float32Array.from(support, (value) => {
    const absent = (1 - value / total) ** rows * (1 - 1 / count) ** drawn
    return -Math.log(1 - absent)
  })
  const place = new Int32Array(count).fill(-1)
  return (next, random) => {
    const chosen: number[] = []
    const add = (item: number): void => {
      if (place[item] >= 0 || chosen.length === limit) return
      place[item] = chosen.length
      chosen.push(item)
    }
    for (const item of next) add(item)
    for (let draw = 0; draw < drawn; draw++) add(Math.floor(random() * count))
    const targets = next.map((item) => place[item])
    for (const item of chosen) place[item] = -1
    const candidates = Int32Array.from(chosen)
    return { candidates, shifts: Float32Array.from(candidates, (item) => shifts[item]), targets }
  }
}

function everything(count: number): CandidateSampler {
  const candidates = Int32Array.from({ length: count }, (_, item) => item)
  const shifts = new Float32Array(count)
  return (next) => ({ candidates, shifts, targets: next })
}
