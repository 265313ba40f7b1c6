import type { Histories } from '../sequence/batches.ts'
import { type Random, shuffle } from '../train/random.ts'

/** What some users are shown of their histories, and what is to be found. */
export type Lessons = {
  readonly count: number
  /** Items of lesson u are `shown[shownOffsets[u] … shownOffsets[u + 1] - 1]`, with their weights; likewise `wanted`. */
  readonly shown: Int32Array
  readonly weights: Float32Array
  readonly shownOffsets: Int32Array
  readonly wanted: Int32Array
  readonly wantedOffsets: Int32Array
}

type DrawOptions = { readonly shown: number; readonly ratio: number; readonly random: Random }

/** Items after a moment that are to be found. */
const HORIZON = 10

/** Latest items before a moment that are shown; with weights that fade, older ones hardly count. */
export const LOOK_BACK = 50

/** Small logs take smaller steps of more of them: at least so many batches an epoch. */
const LEAST_BATCHES = 40

const MOST_USERS = 256

/** Lessons of one step of training: a multiple of 8. */
export function batchOf({ offsets }: Histories): number {
  return Math.max(8, Math.min(MOST_USERS, Math.ceil((offsets.length - 1) / LEAST_BATCHES / 8) * 8))
}

/** @returns Deals the lessons of one epoch, each user's once, in another order and divided otherwise at each call. */
export function createDealer(
  histories: Histories,
  options: DrawOptions & { readonly batch: number },
): () => Generator<Lessons> {
  const { batch, random } = options
  const order = Int32Array.from({ length: histories.offsets.length - 1 }, (_, user) => user)
  return function* () {
    shuffle(order, random)
    for (let from = 0; from < order.length; from += batch) {
      const lessons = drawLessons(histories, order.subarray(from, from + batch), options)
      if (lessons.count > 0) yield lessons
    }
  }
}

/** Divides each user's history in two; users with fewer than two items are passed over. See `MeanSettings.shown`. */
function drawLessons({ offsets, items }: Histories, users: Int32Array, options: DrawOptions): Lessons {
  const shown: number[] = []
  const weights: number[] = []
  const wanted: number[] = []
  const [shownOffsets, wantedOffsets] = [[0], [0]]
  for (const user of users) {
    const history = items.slice(offsets[user], offsets[user + 1])
    if (history.length < 2) continue
    if (options.shown > 0) shuffle(history, options.random)
    const [cut, end] = options.shown > 0 ? randomCut(history.length, options) : momentOf(history.length, options)
    const first = options.shown > 0 ? 0 : Math.max(0, cut - LOOK_BACK)
    let weight = 1
    for (let k = cut - 1; k >= first; k--) {
      shown.push(history[k])
      weights.push(weight)
      weight *= options.ratio
    }
    for (let k = cut; k < end; k++) wanted.push(history[k])
    shownOffsets.push(shown.length)
    wantedOffsets.push(wanted.length)
  }
  return {
    count: shownOffsets.length - 1,
    shown: Int32Array.from(shown),
    weights: Float32Array.from(weights),
    shownOffsets: Int32Array.from(shownOffsets),
    wanted: Int32Array.from(wanted),
    wantedOffsets: Int32Array.from(wantedOffsets),
  }
}

function randomCut(length: number, { shown }: DrawOptions): [number, number] {
  return [Math.max(1, Math.min(length - 1, Math.round(shown * length))), length]
}

function momentOf(length: number, { random }: DrawOptions): [number, number] {
  const cut = 1 + Math.floor(random() * (length - 1))
  return [cut, Math.min(length, cut + HORIZON)]
}
