/** exp(-1/30) in double precision: what one more day leaves of the freshness boost. */
const DAY_FACTOR = 0.9672161004820059

/** Days after which the boost is below 1e-4 and taken as 0. */
const LAST_DAY = 276

const TABLE = /* @__PURE__ */ (() => {
  const table = new Float64Array(LAST_DAY + 1)
  let value = 1
  for (let day = 0; day <= LAST_DAY; day++) {
    table[day] = value
    value *= DAY_FACTOR
  }
  return table
})()

/**
 * exp(-ageDays / 30) from a table of whole days, so that every engine agrees; 0 for unknown (negative) ages and beyond 276 days.
 * The freshness rule multiplies a score by 1 + 0.1 · freshness.
 */
export function freshness(ageDays: number): number {
  if (!(ageDays >= 0)) return 0
  const day = Math.floor(ageDays)
  return day > LAST_DAY ? 0 : TABLE[day]
}
