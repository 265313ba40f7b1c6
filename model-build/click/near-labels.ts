/** Rows of each owner (user or item) in time order. */
export type Timelines = { readonly offsets: Int32Array; readonly rows: Int32Array; readonly place: Int32Array }

/** Sorts rows by owner and time, those of equal time as drawn; rows without owner or time are in no line (place -1). */
export function createTimelines(
  owner: Int32Array,
  owners: number,
  { key, draw }: { readonly key: Float64Array; readonly draw: Float64Array },
): Timelines {
  const order = Int32Array.from(
    Array.from(owner.keys()).filter((row) => owner[row] >= 0 && !Number.isNaN(key[row])),
  ).sort((a, b) => owner[a] - owner[b] || key[a] - key[b] || draw[a] - draw[b])
  const offsets = new Int32Array(owners + 1)
  for (const row of order) offsets[owner[row] + 1]++
  for (let o = 0; o < owners; o++) offsets[o + 1] += offsets[o]
  const place = new Int32Array(owner.length).fill(-1)
  order.forEach((row, k) => {
    place[row] = k
  })
  return { offsets, rows: order, place }
}

/** How many nearest labels each feature looks at. */
export const NEAREST = [3, 10, 30] as const

/** Looks at most this far along a line for them. */
const MOST_STEPS = 90

/**
 * Mean residual of the labels nearest in time among the history rows of a row's owner, for each count of NEAREST (shrunk by two rows of zero), and
 * the time to the nearest one; NaN where there is none.
 * @param residual - By row; NaN for rows outside the history.
 * @param out - NEAREST.length + 1 numbers.
 */
export function nearLabels(
  lines: Timelines,
  row: number,
  data: { readonly owner: number; readonly key: Float64Array; readonly residual: Float32Array },
  out: Float64Array,
): void {
  out.fill(0)
  out[NEAREST.length] = Number.NaN
  const place = lines.place[row]
  if (place < 0) return
  const { key, residual, owner } = data
  const [start, end] = [lines.offsets[owner], lines.offsets[owner + 1]]
  let [before, after, taken, sum, next] = [place - 1, place + 1, 0, 0, 0]
  for (let steps = 0; steps < MOST_STEPS && next < NEAREST.length && (before >= start || after < end); steps++) {
    const past = before >= start ? key[row] - key[lines.rows[before]] : Number.POSITIVE_INFINITY
    const ahead = after < end ? key[lines.rows[after]] - key[row] : Number.POSITIVE_INFINITY
    const other = past <= ahead ? lines.rows[before--] : lines.rows[after++]
    const value = residual[other]
    if (Number.isNaN(value)) continue
    if (taken === 0) out[NEAREST.length] = Math.min(past, ahead)
    sum += value
    taken++
    if (taken === NEAREST[next]) out[next++] = sum / (taken + 2)
  }
  for (; next < NEAREST.length; next++) out[next] = sum / (taken + 2)
}
