import type { Random } from '../train/random.ts'

/** Rows of one list that a step looks at: all with a gain, which stand first, and some of the others. */
export type DrawnRows = {
  readonly rows: Int32Array
  /** How many have a gain. */
  readonly found: number
  /** Added to the scores of the others, so that the sum over those drawn estimates that over all. */
  readonly shift: number
}

/** Fewer rows without a gain say too little. */
const LEAST_OTHERS = 8

/** Draws about `wanted` rows of a list, other ones each time. */
export function drawRows(gains: Float32Array, wanted: number, random: Random): DrawnRows {
  const all = Int32Array.from(gains.keys())
  const found = all.filter((row) => gains[row] > 0)
  const others = all.filter((row) => gains[row] === 0)
  const count = Math.min(others.length, Math.max(LEAST_OTHERS, wanted - found.length))
  for (let k = 0; k < count; k++) {
    const other = k + Math.floor(random() * (others.length - k))
    const value = others[k]
    others[k] = others[other]
    others[other] = value
  }
  const rows = new Int32Array(found.length + count)
  rows.set(found)
  rows.set(others.subarray(0, count), found.length)
  return { rows, found: found.length, shift: count === 0 ? 0 : Math.log(others.length / count) }
}
