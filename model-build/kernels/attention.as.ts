import { exp4, max4, sum4 } from './exponential.as'

/**
 * Causal attention over packed sequences. Rows offsets[s] … offsets[s + 1] - 1 (at most `length`) are one sequence, oldest first.
 * `qkv` row-major, 3 * heads * size floats a row (queries, keys, values); `bias` heads x length by distance to the key; `weights` keeps the
 * attention weights, heads x length floats a row (length a multiple of 4); `out` heads * size floats a row. size is a multiple of 4.
 */
export function attend(
  begin: i32,
  end: i32,
  _scratch: usize,
  offsets: usize,
  qkv: usize,
  bias: usize,
  weights: usize,
  out: usize,
  heads: i32,
  size: i32,
  length: i32,
): void {
  const headBytes = (size as usize) << 2
  const width = headBytes * heads
  const rowBytes = width * 3
  const lineBytes = (length as usize) << 2
  const scale: f32 = 1 / Mathf.sqrt(size as f32)
  for (let s = begin; s < end; s++) {
    const first = load<i32>(offsets + ((s as usize) << 2))
    const last = load<i32>(offsets + ((s as usize) << 2), 4)
    for (let i = first; i < last; i++) {
      for (let h = 0; h < heads; h++) {
        const query = qkv + (i as usize) * rowBytes + (h as usize) * headBytes
        const line = weights + ((i * heads + h) as usize) * lineBytes
        const near = bias + (h as usize) * lineBytes
        let key = qkv + (first as usize) * rowBytes + width + (h as usize) * headBytes
        for (let j = first; j <= i; j++, key += rowBytes) {
          store<f32>(line + (((j - first) as usize) << 2), dot(query, key, headBytes) * scale + load<f32>(near + (((i - j) as usize) << 2)))
        }
        softmaxLine(line, i - first + 1, lineBytes)
        const to = out + (i as usize) * width + (h as usize) * headBytes
        memory.fill(to, 0, headBytes)
        let value = qkv + (first as usize) * rowBytes + 2 * width + (h as usize) * headBytes
        for (let j = first; j <= i; j++, value += rowBytes) addScaled(to, value, headBytes, load<f32>(line + (((j - first) as usize) << 2)))
      }
    }
  }
}

/** Gradients of `attend` for parts begin … end - 1 of `each` sequences: `dqkv` is overwritten, `dbias` (parts x heads x length) added to. */
export function attendBack(
  begin: i32,
  end: i32,
  scratch: usize,
  offsets: usize,
  qkv: usize,
  weights: usize,
  dout: usize,
  dqkv: usize,
  dbias: usize,
  heads: i32,
  size: i32,
  length: i32,
  count: i32,
  each: i32,
): void {
  const headBytes = (size as usize) << 2
  const width = headBytes * heads
  const rowBytes = width * 3
  const lineBytes = (length as usize) << 2
  const scale: f32 = 1 / Mathf.sqrt(size as f32)
  for (let part = begin; part < end; part++) {
    const until = min(count, (part + 1) * each)
    for (let s = part * each; s < until; s++) {
      const first = load<i32>(offsets + ((s as usize) << 2))
      const last = load<i32>(offsets + ((s as usize) << 2), 4)
      memory.fill(dqkv + (first as usize) * rowBytes, 0, ((last - first) as usize) * rowBytes)
      for (let i = first; i < last; i++) {
        for (let h = 0; h < heads; h++) {
          const place = (h as usize) * headBytes
          const line = weights + ((i * heads + h) as usize) * lineBytes
          const near = dbias + ((part * heads + h) as usize) * lineBytes
          const given = dout + (i as usize) * width + place
          let mean: f32 = 0
          for (let j = first; j <= i; j++) {
            const at = ((j - first) as usize) << 2
            const row = (j as usize) * rowBytes + 2 * width + place
            const weight = load<f32>(line + at)
            const d = dot(given, qkv + row, headBytes)
            store<f32>(scratch + at, d)
            mean += weight * d
            addScaled(dqkv + row, given, headBytes, weight)
          }
          const query = (i as usize) * rowBytes + place
          for (let j = first; j <= i; j++) {
            const at = ((j - first) as usize) << 2
            const d: f32 = load<f32>(line + at) * (load<f32>(scratch + at) - mean)
            const by = near + (((i - j) as usize) << 2)
            store<f32>(by, load<f32>(by) + d)
            const key = (j as usize) * rowBytes + width + place
            addScaled(dqkv + query, qkv + key, headBytes, d * scale)
            addScaled(dqkv + key, qkv + query, headBytes, d * scale)
          }
        }
      }
    }
  }
}

function softmaxLine(line: usize, count: i32, lineBytes: usize): void {
  let top = load<f32>(line)
  for (let j = 1; j < count; j++) top = max(top, load<f32>(line + ((j as usize) << 2)))
  for (let j = (count as usize) << 2; j < lineBytes; j += 4) store<f32>(line + j, -1e30)
  let total: f32 = 0
  const shift = f32x4.splat(top)
  for (let j: usize = 0; j < lineBytes; j += 16) v128.store(line + j, exp4(f32x4.sub(v128.load(line + j), shift)))
  for (let j = 0; j < count; j++) total += load<f32>(line + ((j as usize) << 2))
  const share = f32x4.splat(1 / total)
  for (let j: usize = 0; j < lineBytes; j += 16) v128.store(line + j, f32x4.mul(v128.load(line + j), share))
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0)
  for (let k: usize = 0; k < bytes; k += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + k), v128.load(b + k)))
  return sum4(sum)
}

function addScaled(to: usize, from: usize, bytes: usize, by: f32): void {
  const factor = f32x4.splat(by)
  for (let k: usize = 0; k < bytes; k += 16) v128.store(to + k, f32x4.add(v128.load(to + k), f32x4.mul(v128.load(from + k), factor)))
}

/**
 * Softmax cross-entropy of rows begin … end - 1 of `logits` (row-major, `columns` floats, a multiple of 4, of which `count` are real): in place
 * the gradient share * (softmax - one-hot of `targets`), and the loss of each row. `shifts` (one per column) are added to all logits but the
 * target's. Rows with a negative target become zero.
 */
export function softmaxLoss(
  begin: i32,
  end: i32,
  _scratch: usize,
  logits: usize,
  shifts: usize,
  targets: usize,
  losses: usize,
  columns: i32,
  count: i32,
  share: f32,
): void {
  const bytes = (columns as usize) << 2
  for (let r = begin; r < end; r++) {
    const row = logits + (r as usize) * bytes
    const target = load<i32>(targets + ((r as usize) << 2))
    store<f32>(losses + ((r as usize) << 2), 0)
    if (target < 0) {
      memory.fill(row, 0, bytes)
      continue
    }
    const own = row + ((target as usize) << 2)
    const wanted = load<f32>(own)
    for (let j: usize = 0; j < bytes; j += 16) v128.store(row + j, f32x4.add(v128.load(row + j), v128.load(shifts + j)))
    store<f32>(own, wanted)
    for (let j = (count as usize) << 2; j < bytes; j += 4) store<f32>(row + j, -1e30)
    let tops = f32x4.splat(wanted)
    for (let j: usize = 0; j < bytes; j += 16) tops = f32x4.max(tops, v128.load(row + j))
    const top = max4(tops)
    const shift = f32x4.splat(top)
    let sums = f32x4.splat(0)
    for (let j: usize = 0; j < bytes; j += 16) {
      const e = exp4(f32x4.sub(v128.load(row + j), shift))
      v128.store(row + j, e)
      sums = f32x4.add(sums, e)
    }
    const total = sum4(sums)
    const factor = f32x4.splat(share / total)
    for (let j: usize = 0; j < bytes; j += 16) v128.store(row + j, f32x4.mul(v128.load(row + j), factor))
    for (let j = (count as usize) << 2; j < bytes; j += 4) store<f32>(row + j, 0)
    store<f32>(own, load<f32>(own) - share)
    store<f32>(losses + ((r as usize) << 2), Mathf.log(total) + top - wanted)
  }
}
