// Exact scan of int8 rows against an i16 query: AssemblyScript, compiled by tools/compile-scan.ts with what it imports into scan.wasm.

import { fourDots } from './dots.as'
import { floorScore, offerKey, rowKey } from './selection.as'

export { openGraph, walk } from './graph.as'
export { finish, start } from './selection.as'
export { openTrees, scoreTrees } from './trees.as'

/** Offers rows from … to - 1. `stride` is a multiple of 16 bytes; the query has as many i16, zero beyond its dimension. */
export function scan(query: usize, rows: usize, stride: usize, from: i32, to: i32, ranks: usize, blocked: usize): void {
  let row = from
  let at = rows + <usize>from * stride
  for (; row + 4 <= to; row += 4, at += stride * 4) {
    const second = at + stride
    const third = second + stride
    const sums = fourDots(query, at, second, third, third + stride, stride)
    if (v128.any_true(i32x4.ge_s(sums, i32x4.splat(floorScore)))) {
      offer(row, i32x4.extract_lane(sums, 0), ranks, blocked)
      offer(row + 1, i32x4.extract_lane(sums, 1), ranks, blocked)
      offer(row + 2, i32x4.extract_lane(sums, 2), ranks, blocked)
      offer(row + 3, i32x4.extract_lane(sums, 3), ranks, blocked)
    }
  }
  for (; row < to; row++, at += stride) {
    let sum = 0
    for (let x: usize = 0; x < stride; x++) sum += <i32>load<i8>(at + x) * <i32>load<i16>(query + x * 2)
    offer(row, sum, ranks, blocked)
  }
}

function offer(row: i32, score: i32, ranks: usize, blocked: usize): void {
  if (score < floorScore || load<u8>(blocked + row) != 0) return
  offerKey(rowKey(row, score, ranks))
}
