// Inner products of int8 rows with an i16 query: AssemblyScript, part of scan.wasm.

/** Products of four rows with the query, one i32 a lane. `stride` is a multiple of 16 bytes; the query has as many i16. */
// @ts-ignore: decorator
@inline
export function fourDots(query: usize, p: usize, q: usize, r: usize, s: usize, stride: usize): v128 {
  let a = i32x4.splat(0)
  let b = i32x4.splat(0)
  let c = i32x4.splat(0)
  let d = i32x4.splat(0)
  for (let x: usize = 0; x < stride; x += 16) {
    const low = v128.load(query + x * 2)
    const high = v128.load(query + x * 2, 16)
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(p + x), low))
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(q + x), low))
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(r + x), low))
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(s + x), low))
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(p + x, 8), high))
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(q + x, 8), high))
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(r + x, 8), high))
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(s + x, 8), high))
  }
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7))
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
}
