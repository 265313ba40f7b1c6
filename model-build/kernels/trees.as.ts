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
 * `groups` i32 offsets, `scores` f32, `labels` u8 (0 … 31), `gains` f32[32], `discounts` f32 by rank,
 * `inverseIdeal` f32 per group (0 skips the group), `sigmoid` f32[65536] of 1 / (1 + e^x) for x in -25 … 25, out `gh` f32 pairs (zeroed here).
 * Scratch: 2 * longest group i32.
 */
export function lambdas(
  begin: i32,
  end: i32,
  scratch: usize,
  groups: usize,
  scores: usize,
  labels: usize,
  gains: usize,
  discounts: usize,
  inverseIdeal: usize,
  sigmoid: usize,
  gh: usize,
  truncation: i32,
): void {
  for (let group = begin; group < end; group++) {
    const from = load<i32>(groups + ((group as usize) << 2))
    const count = load<i32>(groups + ((group as usize) << 2), 4) - from
    const score = scores + ((from as usize) << 2)
    const label = labels + (from as usize)
    const out = gh + ((from as usize) << 3)
    memory.fill(out, 0, (count as usize) << 3)
    const ideal = load<f32>(inverseIdeal + ((group as usize) << 2))
    if (ideal == 0) continue
    sortByScore(scratch, scratch + ((count as usize) << 2), score, count)
    const top = load<f32>(score + ((load<i32>(scratch) as usize) << 2))
    const bottom = load<f32>(score + ((load<i32>(scratch + (((count - 1) as usize) << 2)) as usize) << 2))
    const spread = top != bottom
    let total: f32 = 0
    const limit = min(truncation, count)
    for (let i = 0; i < limit; i++) {
      const a = load<i32>(scratch + ((i as usize) << 2)) as usize
      const labelA = load<u8>(label + a)
      const gainA = load<f32>(gains + ((labelA as usize) << 2))
      const discountA = load<f32>(discounts + ((i as usize) << 2))
      const scoreA = load<f32>(score + (a << 2))
      let gradA: f32 = 0
      let hessA: f32 = 0
      for (let j = i + 1; j < count; j++) {
        const b = load<i32>(scratch + ((j as usize) << 2)) as usize
        const labelB = load<u8>(label + b)
        if (labelA == labelB) continue
        const gainB = load<f32>(gains + ((labelB as usize) << 2))
        const scoreB = load<f32>(score + (b << 2))
        let delta = abs<f32>(gainA - gainB) * abs<f32>(discountA - load<f32>(discounts + ((j as usize) << 2))) * ideal
        // scores are sorted, so scoreA >= scoreB
        if (spread) delta /= <f32>0.01 + (scoreA - scoreB)
        const margin: f32 = labelA > labelB ? scoreA - scoreB : scoreB - scoreA
        const slot = min(65535, max(0, ((margin + 25) * 1310.7) as i32))
        const rho = load<f32>(sigmoid + ((slot as usize) << 2))
        const lambda = -delta * rho
        const weight = delta * rho * (1 - rho)
        const signed = labelA > labelB ? lambda : -lambda
        gradA += signed
        hessA += weight
        const atB = out + (b << 3)
        store<f32>(atB, load<f32>(atB) - signed)
        store<f32>(atB, load<f32>(atB, 4) + weight, 4)
        total -= 2 * lambda
      }
      const atA = out + (a << 3)
      store<f32>(atA, load<f32>(atA) + gradA)
      store<f32>(atA, load<f32>(atA, 4) + hessA, 4)
    }
    if (total > 0) {
      const norm = (Math.log2(1 + (total as f64)) / (total as f64)) as f32
      for (let k: usize = 0; k < (count as usize) << 3; k += 4) store<f32>(out + k, load<f32>(out + k) * norm)
    }
  }
}

/** Stable merge sort of 0 … count - 1 by descending score into `order`; `spare` has the same size. */
function sortByScore(order: usize, spare: usize, score: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<i32>(order + ((i as usize) << 2), i)
  let from = order
  let to = spare
  for (let width = 1; width < count; width <<= 1) {
    for (let start = 0; start < count; start += width << 1) mergeRuns(from, to, score, start, min(start + width, count), min(start + (width << 1), count))
    const swap = from
    from = to
    to = swap
  }
  if (from != order) memory.copy(order, from, (count as usize) << 2)
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
