import { integerQuery } from '#contract/vectors'
import { chooseCells } from '#worker/core/choose-cells'
import { findInterests, type Interest } from '#worker/core/interests'
import type { Retriever, RowRange } from '#worker/core/retriever'
import { shareOut } from '#worker/core/share-out'
import type { Layout } from './cells.ts'
import type { Visitor, World } from './world.ts'

/** How sharply visitors prefer what suits them: chance of an item = exp(SHARPNESS · taste · item). */
const SHARPNESS = 14

/** Items of each interest that a visitor can come across. */
const REACH = 1_000

/** Interests that a device tells apart. */
const MOST_INTERESTS = 8

const LISTED = 20

/** One made-up visitor: what the device has seen, and what they would like next. Both are rows. */
export type Case = { readonly history: readonly number[]; readonly relevant: ReadonlySet<number> }

export type Judge = {
  readonly world: World
  readonly layout: Layout
  /** int8 rows in the layout's order. */
  readonly quantised: Int8Array
  /** Exact search over some rows. */
  readonly open: (ranges: readonly RowRange[]) => Retriever
  readonly random: () => number
}

/** Draws a history and as many relevant items from the visitor's own preferences, without repeats. */
export function drawCase(
  judge: Judge,
  visitor: Visitor,
  sizes: { readonly history: number; readonly relevant: number },
): Case {
  const { world, open, layout, random } = judge
  const everything = open([{ from: 0, to: layout.itemOf.length }])
  const nobody = new Uint8Array(world.items)
  const scales = new Float32Array(world.dim).fill(world.step)
  const draws = visitor.interests.map(({ taste }) => {
    const asked = integerQuery(taste, scales)
    const { rows, scores } = everything.search(asked, REACH, nobody)
    const best = scores[0] ?? 0
    return { rows, chances: Float64Array.from(scores, (score) => Math.exp(SHARPNESS * (score - best) * asked.step)) }
  })
  const seen = new Set<number>()
  const wanted = sizes.history + sizes.relevant
  for (let tries = 0; seen.size < wanted && tries < wanted * 50; tries++) {
    const list =
      draws[
        pick(
          visitor.interests.map(({ share }) => share),
          random,
        )
      ]
    if (list !== undefined) seen.add(list.rows[pick(list.chances, random)] ?? 0)
  }
  const all = [...seen]
  return { history: all.slice(0, sizes.history), relevant: new Set(all.slice(sizes.history)) }
}

function pick(weights: ArrayLike<number>, random: () => number): number {
  let left = 0
  for (let i = 0; i < weights.length; i++) left += weights[i] ?? 0
  left *= random()
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] ?? 0
    if (left < 0) return i
  }
  return weights.length - 1
}

/** NDCG@20 of one visitor when all rows are searched, and by items that a device has room for. */
export function judgeCase(judge: Judge, { history, relevant }: Case, rooms: readonly number[]): number[] {
  const { world, layout, quantised, open, random } = judge
  const scales = new Float32Array(world.dim).fill(world.step)
  const vectors = history.map((row) =>
    Float32Array.from(quantised.subarray(row * world.dim, (row + 1) * world.dim), (q) => q * world.step),
  )
  const interests = findInterests(vectors, new Float64Array(vectors.length).fill(1), MOST_INTERESTS)
  const blocked = new Uint8Array(world.items)
  for (const row of history) blocked[row] = 1
  const list = (ranges: readonly RowRange[]): Int32Array => {
    const engine = open(ranges)
    const lists = interests.map(({ direction }) => engine.search(integerQuery(direction, scales), LISTED, blocked).rows)
    return shareOut(
      lists,
      interests.map(({ share }) => share),
      LISTED,
    )
  }
  const whole = [{ from: 0, to: layout.itemOf.length }]
  const devices = rooms.map((room) => residentRanges(layout, { scales, room, interests, random }))
  return [whole, ...devices].map((ranges) => ndcg(list(ranges), relevant))
}

function residentRanges(
  { table, ranges }: Layout,
  parts: {
    readonly scales: Float32Array
    readonly room: number
    readonly interests: readonly Interest[]
    readonly random: () => number
  },
): readonly RowRange[] {
  const { order } = chooseCells({ table, decoys: [], ...parts })
  return order.map((cell) => ranges[cell] ?? { from: 0, to: 0 }).sort((a, b) => a.from - b.from)
}

/** Binary gains; all relevant items count in the ideal list. */
export function ndcg(list: Int32Array, relevant: ReadonlySet<number>): number {
  let gain = 0
  let ideal = 0
  for (let place = 0; place < LISTED; place++) {
    const discount = 1 / Math.log2(place + 2)
    if (relevant.has(list[place] ?? -1)) gain += discount
    if (place < relevant.size) ideal += discount
  }
  return ideal === 0 ? 0 : gain / ideal
}
