/**
 * Gradient histograms of one leaf for features of blocks begin … end - 1 (`block` features each): rows' u8 bins are row-major with `stride`
 * bytes per row, `gh` interleaved f32 (gradient, hessian) per row, `rows` i32 indices; out f64 pairs at ((feature << 8) | bin) * 16 bytes.
 */
export function histogram(
  begin: i32,
  end: i32,
  _scratch: usize,
  bins: usize,
  stride: i32,
  gh: usize,
  rows: usize,
  rowCount: i32,
  features: i32,
  block: i32,
  out: usize,
): void {
  for (let task = begin; task < end; task++) {
    const first = task * block
    const last = min(features, first + block)
    const width = last - first
    const base = out + ((first as usize) << 12)
    memory.fill(base, 0, (width as usize) << 12)
    for (let k = 0; k < rowCount; k++) {
      const r = load<i32>(rows + ((k as usize) << 2))
      const pair = f64x2.promote_low_f32x4(v128.load64_zero(gh + ((r as usize) << 3)))
      const line = bins + (r as usize) * (stride as usize) + (first as usize)
      let f = 0
      let to = base
      for (; f + 4 <= width; f += 4) {
        const four = load<u32>(line + (f as usize))
        const s0 = to + ((four & 255) << 4)
        v128.store(s0, f64x2.add(v128.load(s0), pair))
        const s1 = to + 4096 + (((four >> 8) & 255) << 4)
        v128.store(s1, f64x2.add(v128.load(s1), pair))
        const s2 = to + 8192 + (((four >> 16) & 255) << 4)
        v128.store(s2, f64x2.add(v128.load(s2), pair))
        const s3 = to + 12288 + ((four >> 24) << 4)
        v128.store(s3, f64x2.add(v128.load(s3), pair))
        to += 16384
      }
      for (; f < width; f++) {
        const slot = to + ((load<u8>(line + (f as usize)) as usize) << 4)
        v128.store(slot, f64x2.add(v128.load(slot), pair))
        to += 4096
      }
    }
  }
}

/** Larger child = parent - smaller child, for `pairs` f64 pairs starting at pair `begin`. */
export function subtractHistogram(begin: i32, end: i32, _scratch: usize, parent: usize, smaller: usize, out: usize): void {
  for (let at = (begin as usize) << 4; at < (end as usize) << 4; at += 16) {
    v128.store(out + at, f64x2.sub(v128.load(parent + at), v128.load(smaller + at)))
  }
}

/** Stable partition of `count` row indices at `rows` by bins[row][feature] <= bin; returns how many went left. Scratch: `count` i32. */
export function partitionRows(
  rows: usize,
  count: i32,
  scratch: usize,
  bins: usize,
  stride: i32,
  feature: i32,
  bin: i32,
): i32 {
  let left = rows
  let right = scratch
  const column = bins + (feature as usize)
  for (let k = 0; k < count; k++) {
    const r = load<i32>(rows + ((k as usize) << 2))
    const goesLeft = (load<u8>(column + (r as usize) * (stride as usize)) as i32) <= bin
    store<i32>(left, r)
    store<i32>(right, r)
    left += goesLeft ? 4 : 0
    right += goesLeft ? 0 : 4
  }
  memory.copy(left, scratch, right - scratch)
  return ((left - rows) >> 2) as i32
}

/**
 * LambdaRank gradients (Burges 2010, with LightGBM's truncation and per-list normalisation) of groups begin … end - 1.
 * `groups` i32 offsets, `scores` f32, `gains` f32 (what finding a row is worth, >= 0), `discounts` f32 by rank (longest group + 4),
 * `inverseIdeal` f32 per group (0 skips the group), `weights` f32 per row (null for 1: a pair counts as often as its better row, after the normalisation), out `gh` f32 pairs.
 * Scratch: 7 * (longest group + 4) words.
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
    sortByScore(order, order + bytes, scores + ((from as usize) << 2), count)
    for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
      const row = (from + load<i32>(order + k)) as usize
      store<f32>(score + k, load<f32>(scores + (row << 2)))
      store<f32>(gain + k, load<f32>(gains + (row << 2)))
      store<f32>(weight + k, weights == 0 ? 1 : load<f32>(weights + (row << 2)))
    }
    memory.fill(gradient, 0, 2 * bytes)
    memory.fill(weight + ((count as usize) << 2), 0, 16)
    const total = pairLambdas(score, gain, weight, gradient, hessian, discounts, ideal, count, min(truncation, count))
    const norm: f32 = total > 0 ? ((Math.log2(1 + (total as f64)) / (total as f64)) as f32) : 0
    for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
      const to = out + ((load<i32>(order + k) as usize) << 3)
      store<f32>(to, load<f32>(gradient + k) * norm)
      store<f32>(to, load<f32>(hessian + k) * norm, 4)
    }
  }
}

/** Adds the lambdas of all pairs (i < limit, j > i) of a list sorted by score, four j at a time; returns their total size. */
function pairLambdas(
  score: usize,
  gain: usize,
  weight: usize,
  gradient: usize,
  hessian: usize,
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
  let total = zero
  for (let i = 0; i < limit; i++) {
    const at = (i as usize) << 2
    const scoreA = v128.load32_splat(score + at)
    const gainA = v128.load32_splat(gain + at)
    const weightA = v128.load32_splat(weight + at)
    const discountA = v128.load32_splat(discounts + at)
    const self = i32x4.splat(i)
    let gradientA = zero
    let hessianA = zero
    for (let j = (i + 1) & ~3; j < count; j += 4) {
      const offset = (j as usize) << 2
      const index = i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3))
      const isPair = v128.and(i32x4.gt_s(index, self), i32x4.lt_s(index, beyond))
      const difference = f32x4.sub(gainA, v128.load(gain + offset))
      // Four rows of the same gain say nothing: most of them, where labels are few.
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

/** Stable sort of 0 … count - 1 by descending score into `order`: runs of 16 by insertion, then merges; `spare` has the same size. */
function sortByScore(order: usize, spare: usize, score: usize, count: i32): void {
  for (let start = 0; start < count; start += 16) sortRun(order, score, start, min(start + 16, count))
  let from = order
  let to = spare
  for (let width = 16; width < count; width <<= 1) {
    for (let start = 0; start < count; start += width << 1) mergeRuns(from, to, score, start, min(start + width, count), min(start + (width << 1), count))
    const swap = from
    from = to
    to = swap
  }
  if (from != order) memory.copy(order, from, (count as usize) << 2)
}

function sortRun(order: usize, score: usize, start: i32, end: i32): void {
  for (let k = start; k < end; k++) {
    const value = load<f32>(score + ((k as usize) << 2))
    let at = k
    for (; at > start; at--) {
      const before = load<i32>(order + (((at - 1) as usize) << 2))
      if (load<f32>(score + ((before as usize) << 2)) >= value) break
      store<i32>(order + ((at as usize) << 2), before)
    }
    store<i32>(order + ((at as usize) << 2), k)
  }
}

function mergeRuns(from: usize, to: usize, score: usize, start: i32, middle: i32, end: i32): void {
  let i = start
  let j = middle
  for (let k = start; k < end; k++) {
    let takeLeft = j >= end
    if (!takeLeft && i < middle) {
      const a = load<f32>(score + ((load<i32>(from + ((i as usize) << 2)) as usize) << 2))
      const b = load<f32>(score + ((load<i32>(from + ((j as usize) << 2)) as usize) << 2))
      takeLeft = a >= b
    }
    store<i32>(to + ((k as usize) << 2), load<i32>(from + (((takeLeft ? i++ : j++) as usize) << 2)))
  }
}

/**
 * Bins of rows begin … end - 1: the number of the feature's edges below the value, 0 … 255. `values` f32 row-major with `features` columns,
 * `edges` 256 ascending f32 per feature padded with +infinity, out u8 with `stride` bytes per row.
 */
export function binRows(begin: i32, end: i32, _scratch: usize, values: usize, features: i32, edges: usize, out: usize, stride: i32): void {
  for (let r = begin; r < end; r++) {
    let from = values + (((r as usize) * (features as usize)) << 2)
    const to = out + (r as usize) * (stride as usize)
    for (let f = 0; f < features; f++) {
      const value = load<f32>(from)
      const own = edges + ((f as usize) << 10)
      let low: usize = 0
      for (let step: usize = 128; step > 0; step >>= 1) low += load<f32>(own + ((low + step - 1) << 2)) < value ? step : 0
      store<u8>(to + (f as usize), low as u8)
      from += 4
    }
  }
}

/** Columns of rows begin … end - 1 that `picked` (i32[`count`]) names, into `out` with `outStride` bytes per row. */
export function pickColumns(begin: i32, end: i32, _scratch: usize, bins: usize, stride: i32, picked: usize, count: i32, out: usize, outStride: i32): void {
  for (let r = begin; r < end; r++) {
    const from = bins + (r as usize) * (stride as usize)
    const to = out + (r as usize) * (outStride as usize)
    for (let k = 0; k < count; k++) store<u8>(to + (k as usize), load<u8>(from + (load<i32>(picked + ((k as usize) << 2)) as usize)))
  }
}

/** Number of the `count` rows in each of the 256 bins of one feature, into i32[256]. */
export function countBins(rows: usize, count: i32, bins: usize, stride: i32, feature: i32, out: usize): void {
  memory.fill(out, 0, 1024)
  const column = bins + (feature as usize)
  for (let k = 0; k < count; k++) {
    const r = load<i32>(rows + ((k as usize) << 2))
    const slot = out + ((load<u8>(column + (r as usize) * (stride as usize)) as usize) << 2)
    store<i32>(slot, load<i32>(slot) + 1)
  }
}
