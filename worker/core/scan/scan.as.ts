// Exact scan of int8 rows against an i16 query, and selection of the best k inside: AssemblyScript, compiled by tools/compile-scan.ts.
// A key is one i64: score in the high half, the complement of the row's rank by itemNo in the low half, so that larger keys are
// better and no two are equal. Keys gather in a buffer; when it is full only the best k stay, and the k-th becomes the floor.

let buffer: usize = 0
let capacity: i32 = 0
let wanted: i32 = 0
let count: i32 = 0
let floorKey: i64 = i64.MIN_VALUE
let floorScore: i32 = i32.MIN_VALUE

/** Starts a search for the best k; the buffer holds `size` > k keys of 8 bytes. */
export function start(keys: usize, size: i32, k: i32): void {
  buffer = keys
  capacity = size
  wanted = k
  count = 0
  floorKey = i64.MIN_VALUE
  floorScore = i32.MIN_VALUE
}

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
  const key = ((<i64>score) << 32) | <i64>(<u32>~load<u32>(ranks + ((<usize>row) << 2)))
  if (key <= floorKey) return
  if (count == capacity) keepBest()
  if (key <= floorKey) return
  store<i64>(buffer + ((<usize>count) << 3), key)
  count++
}

function keepBest(): void {
  select(0, count - 1, wanted)
  count = wanted
  let least = key(0)
  for (let i = 1; i < wanted; i++) if (key(i) < least) least = key(i)
  floorKey = least
  floorScore = <i32>(least >> 32)
}

/** Sorts what was kept, best first. @returns How many keys stand at the start of the buffer. */
export function finish(): i32 {
  if (count > wanted) keepBest()
  sort(0, count - 1)
  return count
}

// @ts-ignore: decorator
@inline function key(i: i32): i64 {
  return load<i64>(buffer + ((<usize>i) << 3))
}

// @ts-ignore: decorator
@inline function put(i: i32, value: i64): void {
  store<i64>(buffer + ((<usize>i) << 3), value)
}

/** Splits from … to around the median of three; larger keys first. @returns Where the right part starts; the left one ends before it. */
function split(from: i32, to: i32): i32 {
  const a = key(from)
  const b = key((from + to) >> 1)
  const c = key(to)
  const pivot = max(min(a, b), min(max(a, b), c))
  let i = from - 1
  let j = to + 1
  while (true) {
    do { i++ } while (key(i) > pivot)
    do { j-- } while (key(j) < pivot)
    if (i >= j) return j + 1
    const held = key(i)
    put(i, key(j))
    put(j, held)
  }
}

/** Moves the largest k keys of from … to in front. */
function select(from: i32, to: i32, k: i32): void {
  while (from < to) {
    const right = split(from, to)
    if (right >= k) to = right - 1
    else from = right
    if (right == k) return
  }
}

function sort(from: i32, to: i32): void {
  while (to - from > 12) {
    const right = split(from, to)
    sort(from, right - 1)
    from = right
  }
  for (let i = from + 1; i <= to; i++) {
    const held = key(i)
    let j = i - 1
    for (; j >= from && key(j) < held; j--) put(j + 1, key(j))
    put(j + 1, held)
  }
}
