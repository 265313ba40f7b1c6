// Selection of the best k: AssemblyScript, part of scan.wasm. A key is one i64: score in the high half, the complement of the row's rank by itemNo
// in the low half, so that larger keys are better and no two are equal. Keys gather in a buffer; when it is full only the best k stay, and
// the k-th becomes the floor.

let buffer: usize = 0
let capacity: i32 = 0
let wanted: i32 = 0
let count: i32 = 0
let floorKey: i64 = i64.MIN_VALUE
export let floorScore: i32 = i32.MIN_VALUE

/** Starts a search for the best k; the buffer holds `size` > k keys of 8 bytes. */
export function start(keys: usize, size: i32, k: i32): void {
  buffer = keys
  capacity = size
  wanted = k
  count = 0
  floorKey = i64.MIN_VALUE
  floorScore = i32.MIN_VALUE
}

// @ts-ignore: decorator
@inline export function rowKey(row: u32, score: i32, ranks: usize): i64 {
  return ((<i64>score) << 32) | <i64>(<u32>~load<u32>(ranks + ((<usize>row) << 2)))
}

/** Offers a key for the best k. */
export function offerKey(key: i64): void {
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
