/**
 * Puts lists together so that each gets places by its share (D'Hondt); repeats are passed over.
 * @param lists - Best first.
 * @param shares - One per list, positive.
 * @returns At most k.
 */
export function shareOut(lists: readonly Int32Array[], shares: readonly number[], k: number): Int32Array {
  const out = new Int32Array(k)
  const seen = new Set<number>()
  const next = new Array<number>(lists.length).fill(0)
  const given = new Array<number>(lists.length).fill(0)
  let count = 0
  while (count < k) {
    let turn = -1
    for (let i = 0; i < lists.length; i++) {
      while (next[i] < lists[i].length && seen.has(lists[i][next[i]])) next[i]++
      if (next[i] === lists[i].length) continue
      if (turn < 0 || shares[i] / (given[i] + 1) > shares[turn] / (given[turn] + 1)) turn = i
    }
    if (turn < 0) break
    const row = lists[turn][next[turn]++]
    seen.add(row)
    given[turn]++
    out[count++] = row
  }
  return out.slice(0, count)
}
