import { solvePositive } from './cholesky.as'

/**
 * Columns of X'MX for items first + begin … first + end - 1: out[t * n + i] = sum over users u of i and v of the column's item of M[u][v].
 * `itemOffsets`, `itemUsers` list each item's users; M is users x users with `stride` floats per row (a multiple of 4). Scratch: stride floats.
 */
export function dualColumns(
  begin: i32,
  end: i32,
  scratch: usize,
  itemOffsets: usize,
  itemUsers: usize,
  m: usize,
  stride: i32,
  n: i32,
  first: i32,
  out: usize,
): void {
  const rowBytes = (stride as usize) << 2
  for (let t = begin; t < end; t++) {
    memory.fill(scratch, 0, rowBytes)
    const own = itemOffsets + (((first + t) as usize) << 2)
    for (let k = load<i32>(own); k < load<i32>(own, 4); k++) {
      const source = m + (load<i32>(itemUsers + ((k as usize) << 2)) as usize) * rowBytes
      for (let at: usize = 0; at < rowBytes; at += 16) {
        v128.store(scratch + at, f32x4.add(v128.load(scratch + at), v128.load(source + at)))
      }
    }
    let to = out + ((t as usize) * (n as usize) << 2)
    let k = load<i32>(itemOffsets)
    for (let i = 0; i < n; i++) {
      const last = load<i32>(itemOffsets + ((i as usize) << 2), 4)
      let sum: f32 = 0
      for (; k < last; k++) sum += load<f32>(scratch + ((load<i32>(itemUsers + ((k as usize) << 2)) as usize) << 2))
      store<f32>(to, sum)
      to += 4
    }
  }
}

/**
 * The `keep` items that share most users with items begin … end - 1, by count / sqrt(popularity) (`norms` holds 1 / sqrt), at least
 * `minSupport` users; ties to the lower item. Writes `neighbours` i32 and `counts` f32 (keep per item, best first) and `lengths` i32.
 * Scratch: 2n i32 + 2 * keep words.
 */
export function neighbourRows(
  begin: i32,
  end: i32,
  scratch: usize,
  userOffsets: usize,
  userItems: usize,
  itemOffsets: usize,
  itemUsers: usize,
  norms: usize,
  n: i32,
  keep: i32,
  minSupport: i32,
  neighbours: usize,
  counts: usize,
  lengths: usize,
): void {
  const count = scratch
  const touched = scratch + ((n as usize) << 2)
  const heapScores = touched + ((n as usize) << 2)
  memory.fill(count, 0, (n as usize) << 2)
  for (let j = begin; j < end; j++) {
    let touchedCount = 0
    const own = itemOffsets + ((j as usize) << 2)
    for (let k = load<i32>(own); k < load<i32>(own, 4); k++) {
      const user = userOffsets + ((load<i32>(itemUsers + ((k as usize) << 2)) as usize) << 2)
      const last = load<i32>(user, 4)
      for (let p = load<i32>(user); p < last; p++) {
        const i = load<i32>(userItems + ((p as usize) << 2))
        const at = count + ((i as usize) << 2)
        const seen = load<i32>(at)
        if (seen == 0) store<i32>(touched + ((touchedCount++ as usize) << 2), i)
        store<i32>(at, seen + 1)
      }
    }
    const rowStart = ((j * keep) as usize) << 2
    const ids = neighbours + rowStart
    let size = 0
    for (let t = 0; t < touchedCount; t++) {
      const i = load<i32>(touched + ((t as usize) << 2))
      const c = load<i32>(count + ((i as usize) << 2))
      if (i == j || c < minSupport) continue
      const score = (c as f32) * load<f32>(norms + ((i as usize) << 2))
      if (size < keep) {
        siftUp(ids, heapScores, size++, i, score)
      } else if (ranksBelow(load<i32>(ids), load<f32>(heapScores), i, score)) {
        siftDown(ids, heapScores, size, i, score)
      }
    }
    store<i32>(lengths + ((j as usize) << 2), size)
    for (let last = size - 1; last > 0; last--) {
      const worst = load<i32>(ids)
      const offset = (last as usize) << 2
      const id = load<i32>(ids + offset)
      const score = load<f32>(heapScores + offset)
      siftDown(ids, heapScores, last, id, score)
      store<i32>(ids + offset, worst)
    }
    for (let k = 0; k < size; k++) {
      const id = load<i32>(ids + ((k as usize) << 2))
      store<f32>(counts + rowStart + ((k as usize) << 2), load<i32>(count + ((id as usize) << 2)) as f32)
    }
    for (let t = 0; t < touchedCount; t++) store<i32>(count + ((load<i32>(touched + ((t as usize) << 2)) as usize) << 2), 0)
  }
}

function ranksBelow(id: i32, score: f32, otherId: i32, otherScore: f32): bool {
  return score < otherScore || (score == otherScore && id > otherId)
}

/** Heap with the worst entry on top. */
function siftUp(ids: usize, scores: usize, at: i32, id: i32, score: f32): void {
  while (at > 0) {
    const parent = (at - 1) >> 1
    const offset = (parent as usize) << 2
    if (!ranksBelow(id, score, load<i32>(ids + offset), load<f32>(scores + offset))) break
    store<i32>(ids + ((at as usize) << 2), load<i32>(ids + offset))
    store<f32>(scores + ((at as usize) << 2), load<f32>(scores + offset))
    at = parent
  }
  store<i32>(ids + ((at as usize) << 2), id)
  store<f32>(scores + ((at as usize) << 2), score)
}

function siftDown(ids: usize, scores: usize, size: i32, id: i32, score: f32): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= size) break
    let offset = (child as usize) << 2
    if (child + 1 < size && ranksBelow(load<i32>(ids + offset, 4), load<f32>(scores + offset, 4), load<i32>(ids + offset), load<f32>(scores + offset))) {
      child++
      offset += 4
    }
    if (!ranksBelow(load<i32>(ids + offset), load<f32>(scores + offset), id, score)) break
    store<i32>(ids + ((at as usize) << 2), load<i32>(ids + offset))
    store<f32>(scores + ((at as usize) << 2), load<f32>(scores + offset))
    at = child
  }
  store<i32>(ids + ((at as usize) << 2), id)
  store<f32>(scores + ((at as usize) << 2), score)
}

/**
 * EASE restricted to each item's own neighbours: solves (G_NN + lambda I) w = g_N for items begin … end - 1, where G holds exact user counts.
 * `neighbours`, `counts`, `lengths` as written by neighbourRows with keep = k (a multiple of 8, at most 256); `weights` gets k floats per item.
 * Scratch: k*k + 12k floats, 3 * users i32, `listBytes` bytes with one per (neighbour, user) pair.
 */
export function localSolve(
  begin: i32,
  end: i32,
  scratch: usize,
  itemOffsets: usize,
  itemUsers: usize,
  neighbours: usize,
  counts: usize,
  lengths: usize,
  weights: usize,
  lambda: f32,
  k: i32,
  users: i32,
): void {
  const matrix = scratch
  const right = matrix + (((k * k) as usize) << 2)
  const work = right + ((k as usize) << 2)
  const seen = work + ((k as usize) * 44)
  const starts = seen + ((users as usize) << 2)
  const touched = starts + ((users as usize) << 2)
  const lists = touched + ((users as usize) << 2)
  memory.fill(seen, 0, (users as usize) << 2)
  for (let j = begin; j < end; j++) {
    const rowStart = ((j * k) as usize) << 2
    const size = load<i32>(lengths + ((j as usize) << 2))
    memory.fill(weights + rowStart, 0, (k as usize) << 2)
    if (size == 0) continue
    const padded = (size + 7) & ~7
    memory.fill(matrix, 0, ((padded * padded) as usize) << 2)
    memory.fill(right, 0, (padded as usize) << 2)
    for (let a = 0; a < padded; a++) store<f32>(matrix + (((a * padded + a) as usize) << 2), lambda)
    memory.copy(right, counts + rowStart, (size as usize) << 2)
    addPairCounts(matrix, padded, neighbours + rowStart, size, itemOffsets, itemUsers, seen, starts, touched, lists)
    solvePositive(matrix, padded, right, weights + rowStart, work)
  }
}

function addPairCounts(
  matrix: usize,
  width: i32,
  ids: usize,
  size: i32,
  itemOffsets: usize,
  itemUsers: usize,
  seen: usize,
  starts: usize,
  touched: usize,
  lists: usize,
): void {
  let touchedCount = 0
  for (let a = 0; a < size; a++) {
    const own = itemOffsets + ((load<i32>(ids + ((a as usize) << 2)) as usize) << 2)
    for (let p = load<i32>(own); p < load<i32>(own, 4); p++) {
      const u = load<i32>(itemUsers + ((p as usize) << 2)) as usize
      const times = load<i32>(seen + (u << 2))
      if (times == 0) store<i32>(touched + ((touchedCount++ as usize) << 2), u as i32)
      store<i32>(seen + (u << 2), times + 1)
    }
  }
  let next = 0
  for (let t = 0; t < touchedCount; t++) {
    const u = load<i32>(touched + ((t as usize) << 2)) as usize
    store<i32>(starts + (u << 2), next)
    next += load<i32>(seen + (u << 2))
    store<i32>(seen + (u << 2), 0)
  }
  for (let a = 0; a < size; a++) {
    const own = itemOffsets + ((load<i32>(ids + ((a as usize) << 2)) as usize) << 2)
    for (let p = load<i32>(own); p < load<i32>(own, 4); p++) {
      const u = load<i32>(itemUsers + ((p as usize) << 2)) as usize
      const filled = load<i32>(seen + (u << 2))
      const start = lists + (load<i32>(starts + (u << 2)) as usize)
      // earlier neighbours of this user have lower indices: count the pairs of the upper triangle as they complete
      for (let q = 0; q <= filled; q++) {
        if (q == filled) store<u8>(start + (q as usize), a as u8)
        const b = load<u8>(start + (q as usize)) as i32
        const at = matrix + (((b * width + a) as usize) << 2)
        store<f32>(at, load<f32>(at) + 1)
      }
      store<i32>(seen + (u << 2), filled + 1)
    }
  }
  for (let t = 0; t < touchedCount; t++) store<i32>(seen + ((load<i32>(touched + ((t as usize) << 2)) as usize) << 2), 0)
}
