// Exact scan of int8 rows against an i16 query: AssemblyScript, compiled by tools/compile-scan.ts with what it imports into scan.wasm.

import { floorScore, offerKey, rowKey } from './selection.as'

export { openGraph, walk } from './graph.as'
export { finish, start } from './selection.as'
export { openTrees, scoreTrees } from './trees.as'

/** Offers rows from … to - 1. `stride` is a multiple of 16 bytes; the query has as many i16, zero beyond its dimension. */
export function scan(query: usize, rows: usize, stride: usize, from: i32, to: i32, ranks: usize, blocked: usize): void {
  let row = from
  let at = rows + <usize>from * stride
  for (; row + 4 <= to; row += 4, at += stride * 4) {
    let a = i32x4.splat(0)
    let b = i32x4.splat(0)
    let c = i32x4.splat(0)
    let d = i32x4.splat(0)
    const second = at + stride
    const third = second + stride
    const fourth = third + stride
    for (let x: usize = 0; x < stride; x += 16) {
      const low = v128.load(query + x * 2)
      const high = v128.load(query + x * 2, 16)
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(at + x), low))
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(second + x), low))
      c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(third + x), low))
      d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(fourth + x), low))
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(at + x, 8), high))
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(second + x, 8), high))
      c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(third + x, 8), high))
      d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(fourth + x, 8), high))
    }
    const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7))
    const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7))
    const sums = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
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
