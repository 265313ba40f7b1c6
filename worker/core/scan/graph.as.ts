// Search of a graph's ground level over the same int8 rows: AssemblyScript, part of scan.wasm. Links name rows, so one set of lists serves all
// groups of a catalogue. Two binary heaps of i64 keys {score, complement of rank or row}: what is to be visited, largest first, and the best found
// so far, smallest first.

import { fourDots } from './dots.as'
import { offerKey, rowKey } from './selection.as'

let query: usize = 0
let rows: usize = 0
let stride: usize = 0
let offsets: usize = 0
let links: usize = 0
let ranks: usize = 0
let blocked: usize = 0
let seen: usize = 0
let fresh: usize = 0
let ahead: usize = 0
let best: usize = 0
let round: u8 = 0

let aheadCount: i32 = 0
let bestCount: i32 = 0
let width: i32 = 0
let aheadRoom: i32 = 0

/** Where everything lies: rows and what the scan knows, lists by row, a byte a row for what was seen, and room for 256 rows and the two heaps. */
export function openGraph(
  rowsAt: usize,
  rowStride: usize,
  offsetsAt: usize,
  linksAt: usize,
  ranksAt: usize,
  blockedAt: usize,
  seenAt: usize,
  roomAt: usize,
  roomKeys: i32,
): void {
  rows = rowsAt
  stride = rowStride
  offsets = offsetsAt
  links = linksAt
  ranks = ranksAt
  blocked = blockedAt
  seen = seenAt
  fresh = roomAt
  best = roomAt + 1024
  ahead = best + ((<usize>roomKeys) << 3)
  aheadRoom = roomKeys
}

/**
 * Searches from some rows, keeping `ef` candidates, and offers what it found to the selection for the best k that `start` began. Rows that are
 * blocked lead on but are not kept.
 * @returns Rows scored; -1, with nothing offered, when they would be more than `most`.
 */
export function walk(queryAt: usize, entriesAt: usize, entries: i32, ef: i32, rowCount: i32, most: i32): i32 {
  query = queryAt
  width = ef
  aheadCount = 0
  bestCount = 0
  round++
  if (round == 0) {
    memory.fill(seen, 0, <usize>rowCount)
    round = 1
  }
  let scored = visit(entriesAt, entries)
  while (aheadCount > 0) {
    const top = load<i64>(ahead)
    if (bestCount == width && top < (load<i64>(best) & ~(<i64>0xffffffff))) break
    if (scored > most) return -1
    dropAhead()
    const list = offsets + ((<usize>(<u32>top)) << 2)
    const first = load<u32>(list)
    scored += visit(links + ((<usize>first) << 2), load<u32>(list, 4) - first)
  }
  for (let i = 0; i < bestCount; i++) offerKey(load<i64>(best + (i << 3)))
  return scored
}

/** Scores those of `count` rows that were not seen yet. @returns How many. */
function visit(list: usize, count: i32): i32 {
  let scored = 0
  let waiting = 0
  for (let k = 0; k < count; k++) {
    const next = load<u32>(list + (k << 2))
    if (load<u8>(seen + next) == round) continue
    store<u8>(seen + next, round)
    store<u32>(fresh + (waiting << 2), next)
    if (++waiting < 252) continue
    scored += scoreFresh(waiting)
    waiting = 0
  }
  return scored + scoreFresh(waiting)
}

/** Scores the first `count` rows of `fresh`, four side by side. */
function scoreFresh(count: i32): i32 {
  // Rows beyond the count repeat the last one; their sums are not read.
  for (let i = count; i < ((count + 3) & ~3); i++) store<u32>(fresh + (i << 2), load<u32>(fresh + ((count - 1) << 2)))
  for (let i = 0; i < count; i += 4) {
    const at = fresh + (i << 2)
    const p = rows + (<usize>load<u32>(at)) * stride
    const q = rows + (<usize>load<u32>(at, 4)) * stride
    const r = rows + (<usize>load<u32>(at, 8)) * stride
    const t = rows + (<usize>load<u32>(at, 12)) * stride
    const sums = fourDots(query, p, q, r, t, stride)
    keep(load<u32>(at), i32x4.extract_lane(sums, 0))
    if (i + 1 < count) keep(load<u32>(at, 4), i32x4.extract_lane(sums, 1))
    if (i + 2 < count) keep(load<u32>(at, 8), i32x4.extract_lane(sums, 2))
    if (i + 3 < count) keep(load<u32>(at, 12), i32x4.extract_lane(sums, 3))
  }
  return count
}

function keep(row: u32, score: i32): void {
  const found = rowKey(row, score, ranks)
  if (bestCount == width && found <= load<i64>(best)) return
  if (load<u8>(blocked + row) == 0) {
    if (bestCount < width) riseBest(found)
    else sinkBest(found)
  }
  if (aheadCount < aheadRoom) riseAhead(((<i64>score) << 32) | <i64>row)
}

function riseBest(key: i64): void {
  let at = bestCount++
  while (at > 0) {
    const above = (at - 1) >> 1
    const held = load<i64>(best + (above << 3))
    if (held <= key) break
    store<i64>(best + (at << 3), held)
    at = above
  }
  store<i64>(best + (at << 3), key)
}

/** Puts a key in place of the smallest. */
function sinkBest(key: i64): void {
  let at = 0
  while (true) {
    let below = at * 2 + 1
    if (below >= bestCount) break
    if (below + 1 < bestCount && load<i64>(best + (below << 3), 8) < load<i64>(best + (below << 3))) below++
    const held = load<i64>(best + (below << 3))
    if (held >= key) break
    store<i64>(best + (at << 3), held)
    at = below
  }
  store<i64>(best + (at << 3), key)
}

function riseAhead(key: i64): void {
  let at = aheadCount++
  while (at > 0) {
    const above = (at - 1) >> 1
    const held = load<i64>(ahead + (above << 3))
    if (held >= key) break
    store<i64>(ahead + (at << 3), held)
    at = above
  }
  store<i64>(ahead + (at << 3), key)
}

/** Takes the largest away. */
function dropAhead(): void {
  const key = load<i64>(ahead + (--aheadCount << 3))
  let at = 0
  while (true) {
    let below = at * 2 + 1
    if (below >= aheadCount) break
    if (below + 1 < aheadCount && load<i64>(ahead + (below << 3), 8) > load<i64>(ahead + (below << 3))) below++
    const held = load<i64>(ahead + (below << 3))
    if (held <= key) break
    store<i64>(ahead + (at << 3), held)
    at = below
  }
  store<i64>(ahead + (at << 3), key)
}
