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
 * `minSupport` users; ties to the lower item. Writes `neighbours` i32 (keep per item, best first) and `lengths` i32.
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
 * EASE restricted to each item's own neighbours: solves (G_NN + lambda I) w = g_N for items begin … end - 1, where G and g hold exact user counts
 * and `lambdas` one ridge per item.
 * `neighbours` and `lengths` as written by neighbourRows with keep = k (a multiple of 8, at most 256), in any order; `weights` gets k floats per item.
 * With `places` (i32 per entry of `itemUsers`: the user's later items; else 0) what follows what counts as well: G grows by
 * decay[|p - q|] * tail[min(p, q)], g by ahead[p - q] where the neighbour came first. `steps` holds these three tables of STEPS floats, one after the other.
 * Scratch: k*k + 12k floats, 4 * users i32, `listBytes` bytes with four per (neighbour, user) pair.
 */
export function localSolve(
  begin: i32,
  end: i32,
  scratch: usize,
  itemOffsets: usize,
  itemUsers: usize,
  neighbours: usize,
  lengths: usize,
  weights: usize,
  lambdas: usize,
  k: i32,
  users: i32,
  places: usize,
  steps: usize,
): void {
  const matrix = scratch
  const right = matrix + (((k * k) as usize) << 2)
  const work = right + ((k as usize) << 2)
  const seen = work + ((k as usize) * 44)
  const starts = seen + ((users as usize) << 2)
  const touched = starts + ((users as usize) << 2)
  const own = touched + ((users as usize) << 2)
  const lists = own + ((users as usize) << 2)
  memory.fill(seen, 0, (users as usize) << 2)
  memory.fill(own, 0, (users as usize) << 2)
  for (let j = begin; j < end; j++) {
    const rowStart = ((j * k) as usize) << 2
    const size = load<i32>(lengths + ((j as usize) << 2))
    memory.fill(weights + rowStart, 0, (k as usize) << 2)
    if (size == 0) continue
    const padded = (size + 7) & ~7
    memory.fill(matrix, 0, ((padded * padded) as usize) << 2)
    memory.fill(right, 0, (padded as usize) << 2)
    const lambda = load<f32>(lambdas + ((j as usize) << 2))
    for (let a = 0; a < padded; a++) store<f32>(matrix + (((a * padded + a) as usize) << 2), lambda)
    addShared(right, neighbours + rowStart, size, j, itemOffsets, itemUsers, own, places, steps)
    addPairCounts(matrix, padded, neighbours + rowStart, size, itemOffsets, itemUsers, seen, starts, touched, lists, places, steps)
    solvePositive(matrix, padded, right, weights + rowStart, work)
  }
}

/** Steps between two items of a history that still count. */
const STEPS: i32 = 64

/** Adds to each neighbour's right side how many users it shares with item j and, with `places`, how soon j followed it. `own` is zero before and after. */
function addShared(
  right: usize,
  ids: usize,
  size: i32,
  j: i32,
  itemOffsets: usize,
  itemUsers: usize,
  own: usize,
  places: usize,
  steps: usize,
): void {
  const ahead = steps + ((2 * STEPS as usize) << 2)
  const target = itemOffsets + ((j as usize) << 2)
  for (let p = load<i32>(target); p < load<i32>(target, 4); p++) {
    const at = (p as usize) << 2
    store<i32>(own + ((load<i32>(itemUsers + at) as usize) << 2), places == 0 ? 1 : load<i32>(places + at) + 1)
  }
  for (let a = 0; a < size; a++) {
    const entries = itemOffsets + ((load<i32>(ids + ((a as usize) << 2)) as usize) << 2)
    let sum: f32 = 0
    for (let p = load<i32>(entries); p < load<i32>(entries, 4); p++) {
      const at = (p as usize) << 2
      const place = load<i32>(own + ((load<i32>(itemUsers + at) as usize) << 2))
      if (place == 0) continue
      sum += 1
      if (places == 0) continue
      const gap = load<i32>(places + at) + 1 - place
      if (gap > 0 && gap < STEPS) sum += load<f32>(ahead + ((gap as usize) << 2))
    }
    const to = right + ((a as usize) << 2)
    store<f32>(to, load<f32>(to) + sum)
  }
  for (let p = load<i32>(target); p < load<i32>(target, 4); p++)
    store<i32>(own + ((load<i32>(itemUsers + ((p as usize) << 2)) as usize) << 2), 0)
}

/** What one user adds to the count of two items with so many later ones. */
function together(p: i32, q: i32, steps: usize): f32 {
  const gap = abs(p - q)
  if (gap >= STEPS) return 1
  const tail = steps + ((STEPS as usize) << 2)
  return 1 + load<f32>(steps + ((gap as usize) << 2)) * load<f32>(tail + ((min(min(p, q), STEPS - 1) as usize) << 2))
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
  places: usize,
  steps: usize,
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
      const place = places == 0 ? 0 : load<i32>(places + ((p as usize) << 2))
      const filled = load<i32>(seen + (u << 2))
      const start = lists + ((load<i32>(starts + (u << 2)) as usize) << 2)
      // earlier neighbours of this user have lower indices: count the pairs of the upper triangle as they complete
      for (let q = 0; q <= filled; q++) {
        const entry = start + ((q as usize) << 2)
        if (q == filled) store<i32>(entry, (place << 8) | a)
        const other = load<i32>(entry)
        const at = matrix + ((((other & 255) * width + a) as usize) << 2)
        store<f32>(at, load<f32>(at) + (places == 0 ? 1 : together(place, other >> 8, steps)))
      }
      store<i32>(seen + (u << 2), filled + 1)
    }
  }
  for (let t = 0; t < touchedCount; t++) store<i32>(seen + ((load<i32>(touched + ((t as usize) << 2)) as usize) << 2), 0)
}
