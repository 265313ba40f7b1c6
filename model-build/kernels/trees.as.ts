/** Bytes of one feature's histogram: 256 f64 pairs. */
const WIDTH: usize = 4096

/**
 * Gradient histograms of one leaf for blocks begin … end - 1 of four of its `features` features: four histograms at a time stay in the nearest cache.
 * `picked` i32 columns of `bins` (u8, `stride` bytes per column), `gh` interleaved f32 (gradient, hessian) per row, `rows` i32 indices; out f64 pairs
 * at ((feature << 8) | bin) * 16 bytes.
 */
export function histogram(
  begin: i32,
  end: i32,
  _scratch: usize,
  bins: usize,
  stride: i32,
  picked: usize,
  features: i32,
  gh: usize,
  rows: usize,
  rowCount: i32,
  out: usize,
): void {
  for (let task = begin; task < end; task++) {
    const first = task << 2
    const width = min(4, features - first)
    const base = out + (first as usize) * WIDTH
    memory.fill(base, 0, (width as usize) * WIDTH)
    if (width == 4) fourHistograms(bins, stride, picked + ((first as usize) << 2), gh, rows, rowCount, base)
    else for (let f = 0; f < width; f++) oneHistogram(columnOf(bins, stride, picked, first + f), gh, rows, rowCount, base + (f as usize) * WIDTH)
  }
}

function columnOf(bins: usize, stride: i32, picked: usize, at: i32): usize {
  return bins + (load<i32>(picked + ((at as usize) << 2)) as usize) * (stride as usize)
}

function fourHistograms(bins: usize, stride: i32, picked: usize, gh: usize, rows: usize, rowCount: i32, out: usize): void {
  const c0 = columnOf(bins, stride, picked, 0)
  const c1 = columnOf(bins, stride, picked, 1)
  const c2 = columnOf(bins, stride, picked, 2)
  const c3 = columnOf(bins, stride, picked, 3)
  const last = rows + ((rowCount as usize) << 2)
  for (let at = rows; at < last; at += 4) {
    const r = load<i32>(at) as usize
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(gh + (r << 3)))
    addPair(out + ((load<u8>(c0 + r) as usize) << 4), pair)
    addPair(out + WIDTH + ((load<u8>(c1 + r) as usize) << 4), pair)
    addPair(out + 2 * WIDTH + ((load<u8>(c2 + r) as usize) << 4), pair)
    addPair(out + 3 * WIDTH + ((load<u8>(c3 + r) as usize) << 4), pair)
  }
}

function oneHistogram(column: usize, gh: usize, rows: usize, rowCount: i32, out: usize): void {
  const last = rows + ((rowCount as usize) << 2)
  for (let at = rows; at < last; at += 4) {
    const r = load<i32>(at) as usize
    addPair(out + ((load<u8>(column + r) as usize) << 4), f64x2.promote_low_f32x4(v128.load64_zero(gh + (r << 3))))
  }
}

@inline
function addPair(slot: usize, pair: v128): void {
  v128.store(slot, f64x2.add(v128.load(slot), pair))
}

/** Larger child = parent - smaller child, for `pairs` f64 pairs starting at pair `begin`. */
export function subtractHistogram(begin: i32, end: i32, _scratch: usize, parent: usize, smaller: usize, out: usize): void {
  for (let at = (begin as usize) << 4; at < (end as usize) << 4; at += 16) {
    v128.store(out + at, f64x2.sub(v128.load(parent + at), v128.load(smaller + at)))
  }
}

/** Stable partition of `count` row indices at `rows` by column[row] <= bin; returns how many went left. Scratch: `count` i32. */
export function partitionRows(rows: usize, count: i32, scratch: usize, column: usize, bin: i32): i32 {
  let left = rows
  let right = scratch
  for (let k = 0; k < count; k++) {
    const r = load<i32>(rows + ((k as usize) << 2))
    const goesLeft = (load<u8>(column + (r as usize)) as i32) <= bin
    store<i32>(left, r)
    store<i32>(right, r)
    left += goesLeft ? 4 : 0
    right += goesLeft ? 0 : 4
  }
  memory.copy(left, scratch, right - scratch)
  return ((left - rows) >> 2) as i32
}

/** Whether a cut column[row] <= bin leaves at least `least` of the `count` rows on each side: looks no further than it must. */
export function leavesEnough(rows: usize, count: i32, column: usize, bin: i32, least: i32): bool {
  let left = 0
  for (let k = 0; k < count; k++) {
    left += i32((load<u8>(column + (load<i32>(rows + ((k as usize) << 2)) as usize)) as i32) <= bin)
    if (left >= least && k + 1 - left >= least) return true
  }
  return false
}

/**
 * LambdaRank gradients (Burges 2010, with LightGBM's truncation and per-list normalisation) of groups begin … end - 1.
 * `groups` i32 offsets, `scores` f32, `gains` f32 (what finding a row is worth, >= 0), `discounts` f32 by rank (longest group + 4),
 * `inverseIdeal` f32 per group (0 skips the group), `weights` f32 per row (null for 1: a pair counts as often as its better row, after the normalisation), out `gh` f32 pairs.
 * Scratch: 8 * (longest group + 4) words and 4,096 bytes.
 */
export function lambdas(
  begin: i32,
  end: i32,
  scratch: usize,
  groups: usize,
  scores: usize,
  gains: usize,
  discounts: usize,
  inverseIdeal: usize,
  gh: usize,
  truncation: i32,
  weights: usize,
): void {
  for (let group = begin; group < end; group++) {
    const from = load<i32>(groups + ((group as usize) << 2))
    const count = load<i32>(groups + ((group as usize) << 2), 4) - from
    const out = gh + ((from as usize) << 3)
    const ideal = load<f32>(inverseIdeal + ((group as usize) << 2))
    if (ideal == 0) {
      memory.fill(out, 0, (count as usize) << 3)
      continue
    }
    const bytes: usize = ((count + 4) as usize) << 2
    const order = scratch
    const score = scratch + 2 * bytes
    const gain = score + bytes
    const gradient = gain + bytes
    const hessian = gradient + bytes
    const weight = hessian + bytes
    const spread = weight + bytes
    sortByScore(order, gradient, spread + bytes, scores + ((from as usize) << 2), count)
    for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
      const row = (from + load<i32>(order + k)) as usize
      store<f32>(score + k, load<f32>(scores + (row << 2)))
      store<f32>(gain + k, load<f32>(gains + (row << 2)))
      store<f32>(weight + k, weights == 0 ? 1 : load<f32>(weights + (row << 2)))
    }
    memory.fill(gradient, 0, 2 * bytes)
    const beyond: usize = (count as usize) << 2
    for (let array = score; array <= weight; array += bytes) memory.fill(array + beyond, 0, 16)
    const total = pairLambdas(score, gain, weight, gradient, hessian, spread, discounts, ideal, count, min(truncation, count))
    const norm: f32 = total > 0 ? ((Math.log2(1 + (total as f64)) / (total as f64)) as f32) : 0
    for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
      const to = out + ((load<i32>(order + k) as usize) << 3)
      store<f32>(to, load<f32>(gradient + k) * norm)
      store<f32>(to, load<f32>(hessian + k) * norm, 4)
    }
  }
}

/**
 * Adds the lambdas of all pairs (i < limit, j > i) of a list sorted by score, four j at a time; returns their total size. Rows of the same gain say
 * nothing to each other: beside a row without gain only fours with some are looked at, whose places go into `spread`.
 */
function pairLambdas(
  score: usize,
  gain: usize,
  weight: usize,
  gradient: usize,
  hessian: usize,
  spread: usize,
  discounts: usize,
  ideal: f32,
  count: i32,
  limit: i32,
): f32 {
  const last: usize = ((count - 1) as usize) << 2
  const isSpread = load<f32>(score) != load<f32>(score + last)
  const one = f32x4.splat(1)
  const zero = f32x4.splat(0)
  const beyond = i32x4.splat(count)
  const gained = foursWithGain(gain, count, spread)
  let total = zero
  for (let i = 0; i < limit; i++) {
    const at = (i as usize) << 2
    const scoreA = v128.load32_splat(score + at)
    const gainA = v128.load32_splat(gain + at)
    const weightA = v128.load32_splat(weight + at)
    const discountA = v128.load32_splat(discounts + at)
    const self = i32x4.splat(i)
    const hasGain = load<f32>(gain + at) != 0
    const first = (i + 1) & ~3
    const steps = hasGain ? ((count - first + 3) >> 2) : gained
    let gradientA = zero
    let hessianA = zero
    for (let step = 0; step < steps; step++) {
      const j = hasGain ? first + (step << 2) : load<i32>(spread + ((step as usize) << 2))
      if (j < first) continue
      const offset = (j as usize) << 2
      const index = i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3))
      const isPair = v128.and(i32x4.gt_s(index, self), i32x4.lt_s(index, beyond))
      const difference = f32x4.sub(gainA, v128.load(gain + offset))
      if (!v128.any_true(f32x4.ne(difference, zero))) continue
      const gap = f32x4.sub(scoreA, v128.load(score + offset))
      let delta = f32x4.mul(f32x4.abs(difference), f32x4.mul(f32x4.sub(discountA, v128.load(discounts + offset)), f32x4.splat(ideal)))
      if (isSpread) delta = f32x4.div(delta, f32x4.add(f32x4.splat(0.01), gap))
      delta = v128.and(delta, isPair)
      const isInverted = f32x4.lt(difference, zero)
      const margin = v128.bitselect(f32x4.neg(gap), gap, isInverted)
      const rho = f32x4.div(one, f32x4.add(one, exponential(margin)))
      const plain = f32x4.mul(delta, rho)
      const size = f32x4.mul(plain, v128.bitselect(v128.load(weight + offset), weightA, isInverted))
      const curve = f32x4.mul(size, f32x4.sub(one, rho))
      const signed = v128.bitselect(size, f32x4.neg(size), isInverted)
      gradientA = f32x4.add(gradientA, signed)
      hessianA = f32x4.add(hessianA, curve)
      v128.store(gradient + offset, f32x4.sub(v128.load(gradient + offset), signed))
      v128.store(hessian + offset, f32x4.add(v128.load(hessian + offset), curve))
      total = f32x4.add(total, plain)
    }
    store<f32>(gradient + at, load<f32>(gradient + at) + sumLanes(gradientA))
    store<f32>(hessian + at, load<f32>(hessian + at) + sumLanes(hessianA))
  }
  return 2 * sumLanes(total)
}

/** Writes the places (multiples of four) of the fours that hold a gain to `out`, ascending; returns how many. */
function foursWithGain(gain: usize, count: i32, out: usize): i32 {
  let found = 0
  for (let j = 0; j < count; j += 4) {
    store<i32>(out + ((found as usize) << 2), j)
    found += i32(v128.any_true(f32x4.ne(v128.load(gain + ((j as usize) << 2)), f32x4.splat(0))))
  }
  return found
}

function sumLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3)
}

/** e^x for x clamped to -25 … 25, relative error below 3e-7: 2^n times a polynomial in the rest (coefficients of e^(r ln 2)). */
function exponential(x: v128): v128 {
  const clamped = f32x4.max(f32x4.splat(-25), f32x4.min(f32x4.splat(25), x))
  const scaled = f32x4.mul(clamped, f32x4.splat(1.44269504))
  const whole = f32x4.nearest(scaled)
  const rest = f32x4.sub(scaled, whole)
  let sum = f32x4.splat(0.00015403530)
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.0013333558))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.0096181291))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.055504109))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.24022651))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.69314718))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23)
  return f32x4.mul(sum, power)
}

/** Lists of up to so many rows are sorted by insertion. */
const SHORT = 40

/**
 * Stable sort of 0 … count - 1 by descending score into `order`; of long lists a byte of the scores at a time (least significant first). After `order` and after `keys` lies room
 * for as many words again and four; `counts` holds 1,024.
 */
function sortByScore(order: usize, keys: usize, counts: usize, score: usize, count: i32): void {
  if (count <= SHORT) return insertByScore(order, score, count)
  const bytes = ((count + 4) as usize) << 2
  memory.fill(counts, 0, 4096)
  for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
    const key = descendingKey(load<f32>(score + k))
    store<u32>(keys + k, key)
    store<i32>(order + k, (k >> 2) as i32)
    for (let digit: usize = 0; digit < 4; digit++) {
      const slot = counts + (digit << 10) + ((((key >> ((digit << 3) as u32)) & 255) as usize) << 2)
      store<i32>(slot, load<i32>(slot) + 1)
    }
  }
  let from: usize = 0
  for (let digit: usize = 0; digit < 4; digit++) {
    const own = counts + (digit << 10)
    if (!startsOf(own, count)) continue
    const to = bytes - from
    for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
      const key = load<u32>(keys + from + k)
      const slot = own + ((((key >> ((digit << 3) as u32)) & 255) as usize) << 2)
      const place = (load<i32>(slot) as usize) << 2
      store<i32>(slot, load<i32>(slot) + 1)
      store<u32>(keys + to + place, key)
      store<i32>(order + to + place, load<i32>(order + from + k))
    }
    from = to
  }
  if (from != 0) memory.copy(order, order + from, (count as usize) << 2)
}

function insertByScore(order: usize, score: usize, count: i32): void {
  for (let k = 0; k < count; k++) {
    const value = load<f32>(score + ((k as usize) << 2))
    let at = order + ((k as usize) << 2)
    for (; at > order; at -= 4) {
      const before = load<i32>(at - 4)
      if (load<f32>(score + ((before as usize) << 2)) >= value) break
      store<i32>(at, before)
    }
    store<i32>(at, k)
  }
}

/** A number that is the smaller, the larger the score; equal scores give equal numbers. */
function descendingKey(score: f32): u32 {
  const bits = score == 0 ? 0 : reinterpret<u32>(score) // a zero's sign says nothing
  return (bits as i32) < 0 ? bits : bits ^ 0x7fffffff
}

/** Turns 256 counts into where each begins; false where one of them is all, so that there is nothing to sort by. */
function startsOf(counts: usize, all: i32): bool {
  let start = 0
  for (let k: usize = 0; k < 1024; k += 4) {
    const own = load<i32>(counts + k)
    if (own == all) return false
    store<i32>(counts + k, start)
    start += own
  }
  return true
}

/**
 * Bins of rows begin … end - 1: the number of the feature's edges below the value, 0 … 255. `values` f32 row-major with `features` columns, `edges` 272 f32 per
 * feature: every sixteenth of its edges, then all 256, ascending and padded with +infinity; out u8 with `stride` bytes per column.
 */
export function binRows(begin: i32, end: i32, _scratch: usize, values: usize, features: i32, edges: usize, out: usize, stride: i32): void {
  for (let r = begin; r < end; r++) {
    let from = values + (((r as usize) * (features as usize)) << 2)
    let to = out + (r as usize)
    let own = edges
    for (let f = 0; f < features; f++) {
      const value = v128.load32_splat(from)
      const sixteen = countBelow(own, value)
      store<u8>(to, (sixteen << 4) + countBelow(own + 64 + ((sixteen as usize) << 6), value))
      from += 4
      to += stride as usize
      own += 1088
    }
  }
}

/** How many of 16 f32 at `edges` are below a value. */
@inline
function countBelow(edges: usize, value: v128): i32 {
  const ones = i32x4.add(
    i32x4.add(f32x4.lt(v128.load(edges), value), f32x4.lt(v128.load(edges, 16), value)),
    i32x4.add(f32x4.lt(v128.load(edges, 32), value), f32x4.lt(v128.load(edges, 48), value)),
  )
  const halves = i32x4.add(ones, i32x4.shuffle(ones, ones, 2, 3, 0, 1))
  return -(i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1))
}

/**
 * Adds one tree's leaf to the score of rows begin … end - 1. `nodes` holds four i32 a node (feature, bin, left, right; children below 0 are leaf -c - 1), `root` is 0, or -1
 * for a tree that is one leaf; `leaves` f32; `bins` u8 with `stride` bytes per column, `scores` f32.
 */
export function addTree(begin: i32, end: i32, _scratch: usize, bins: usize, stride: i32, nodes: usize, root: i32, leaves: usize, scores: usize): void {
  for (let r = begin; r < end; r++) {
    let node = root
    while (node >= 0) {
      const at = nodes + ((node as usize) << 4)
      const bin = load<u8>(bins + (load<i32>(at) as usize) * (stride as usize) + (r as usize)) as i32
      node = bin <= load<i32>(at, 4) ? load<i32>(at, 8) : load<i32>(at, 12)
    }
    const score = scores + ((r as usize) << 2)
    store<f32>(score, load<f32>(score) + load<f32>(leaves + (((-node - 1) as usize) << 2)))
  }
}

/** Number of the `count` rows in each of the 256 bins of one feature, into i32[256]. */
export function countBins(rows: usize, count: i32, column: usize, out: usize): void {
  memory.fill(out, 0, 1024)
  for (let k = 0; k < count; k++) {
    const r = load<i32>(rows + ((k as usize) << 2))
    const slot = out + ((load<u8>(column + (r as usize)) as usize) << 2)
    store<i32>(slot, load<i32>(slot) + 1)
  }
}
