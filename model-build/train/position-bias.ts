import type { RankingData } from './lambda-mart.ts'

/** Clicks and showings by item and position; entry `item * positions + position`. */
export type PositionCounts = {
  readonly items: number
  readonly positions: number
  readonly shown: Float64Array
  readonly clicked: Float64Array
}

const ROUNDS = 500
/** Rounds end when no propensity moves more than this. */
const SETTLED = 1e-6
/** No position is taken to be looked at less often than this. */
const LEAST = 0.02

/** Adds showings up: one entry per showing in `item`, `position` (from 0) and `click`. */
export function countPositions(
  showings: {
    readonly item: ArrayLike<number>
    readonly position: ArrayLike<number>
    readonly click: ArrayLike<number>
  },
  items: number,
  positions: number,
): PositionCounts {
  const shown = new Float64Array(items * positions)
  const clicked = new Float64Array(items * positions)
  for (let r = 0; r < showings.item.length; r++) {
    const at = showings.item[r] * positions + showings.position[r]
    shown[at]++
    clicked[at] += showings.click[r]
  }
  return { items, positions, shown, clicked }
}

/**
 * How likely each position is looked at, relative to the likeliest, from clicks alone: expectation maximisation of the position-based model
 * P(click) = examination(position) · appeal(item) (Wang et al., "Position Bias Estimation for Unbiased Learning to Rank in Personal Search",
 * WSDM 2018, with a table in place of the regression). What tells the two apart are items that stood at several positions.
 * @returns One propensity per position, 0.02 … 1; 1 for positions without showings.
 */
export function estimateExamination(counts: PositionCounts): Float64Array {
  const { items, positions, shown, clicked } = counts
  const examination = new Float64Array(positions).fill(0.5)
  const appeal = new Float64Array(items).fill(0.5)
  for (let round = 0; round < ROUNDS; round++) {
    const [looked, shownAt] = [new Float64Array(positions), new Float64Array(positions)]
    const [liked, shownOf] = [new Float64Array(items), new Float64Array(items)]
    for (let item = 0, at = 0; item < items; item++) {
      for (let position = 0; position < positions; position++, at++) {
        if (shown[at] === 0) continue
        const [look, like] = [examination[position], appeal[item]]
        const silent = (shown[at] - clicked[at]) / Math.max(1e-9, 1 - look * like)
        looked[position] += clicked[at] + silent * look * (1 - like)
        liked[item] += clicked[at] + silent * like * (1 - look)
        shownAt[position] += shown[at]
        shownOf[item] += shown[at]
      }
    }
    let moved = 0
    for (let position = 0; position < positions; position++) {
      const next = shownAt[position] === 0 ? 1 : looked[position] / shownAt[position]
      moved = Math.max(moved, Math.abs(next - examination[position]))
      examination[position] = next
    }
    for (let item = 0; item < items; item++) if (shownOf[item] > 0) appeal[item] = liked[item] / shownOf[item]
    if (moved < SETTLED) break
  }
  const most = examination.reduce((top, value) => Math.max(top, value), 0)
  return examination.map((value) => Math.max(LEAST, value / most))
}

/** Lists as they were shown: row-major features, clicks 0 or 1, places from 0; list g is rows `groups[g] … groups[g + 1] - 1`. */
export type ShownLists = {
  readonly features: Float32Array
  readonly featureCount: number
  readonly clicks: Uint8Array
  readonly position: Int32Array
  readonly groups: Int32Array
}

/**
 * Makes LambdaMART's data from clicks: each click becomes a list of its own with all others below it, and counts 1 / propensity of its place. The
 * expected loss is then that of the true appeal, whatever order was shown (Joachims, Swaminathan & Schnabel, "Unbiased Learning-to-Rank with
 * Biased Feedback", WSDM 2017); clicks alone hold what stood low to be worse because fewer looked.
 * @param examination - Propensity by position; all 1 ignores positions.
 * @param clip - Largest weight.
 */
export function clickLists(shown: ShownLists, examination: ArrayLike<number>, clip: number): RankingData {
  const { clicks, groups, featureCount } = shown
  const rows: number[] = []
  const chosen: number[] = []
  const offsets = [0]
  for (let g = 0; g < groups.length - 1; g++) {
    for (let r = groups[g]; r < groups[g + 1]; r++) {
      if (clicks[r] !== 1) continue
      chosen.push(rows.length + r - groups[g])
      for (let other = groups[g]; other < groups[g + 1]; other++) rows.push(other)
      offsets.push(rows.length)
    }
  }
  const features = new Float32Array(rows.length * featureCount)
  rows.forEach((row, k) => {
    features.set(shown.features.subarray(row * featureCount, (row + 1) * featureCount), k * featureCount)
  })
  const gains = new Float32Array(rows.length)
  for (const k of chosen) gains[k] = 1
  const weights = Float32Array.from(rows, (row) => Math.min(clip, 1 / examination[shown.position[row]]))
  return { pieces: [features], featureCount, gains, groups: Int32Array.from(offsets), weights }
}
