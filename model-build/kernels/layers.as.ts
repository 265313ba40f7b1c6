import { sum4 } from './exponential.as'

/**
 * Dropout decides by a hash of (seed, place), so that the backward pass makes the same choice without a mask: a factor of 1 / kept or 0 for
 * each of four floats, kept with a chance of kept256 / 256; 256 keeps all.
 */
function dropFactors(seed: i32, place: i32, kept256: i32, scale: v128): v128 {
  if (kept256 >= 256) return scale
  let h = (place * 0x9e3779b1) ^ seed
  h = (h ^ (h >>> 16)) * 0x7feb352d
  h = (h ^ (h >>> 15)) * 0x846ca68b
  h = h ^ (h >>> 16)
  const bytes = i32x4.replace_lane(
    i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(h & 255), 1, (h >>> 8) & 255), 2, (h >>> 16) & 255),
    3,
    h >>> 24,
  )
  return v128.and(i32x4.lt_s(bytes, i32x4.splat(kept256)), scale)
}

function dropScale(kept256: i32, by: f32): v128 {
  return f32x4.splat((by * 256) / (min(kept256, 256) as f32))
}

/** out[r] = dropout(by * table[indices[r]]) for rows begin … end - 1 of d floats (a multiple of 4); negative indices give zeros. */
export function gatherRows(begin: i32, end: i32, _scratch: usize, table: usize, indices: usize, out: usize, d: i32, by: f32, kept256: i32, seed: i32): void {
  const bytes = (d as usize) << 2
  const scale = dropScale(kept256, by)
  for (let r = begin; r < end; r++) {
    const index = load<i32>(indices + ((r as usize) << 2))
    const to = out + (r as usize) * bytes
    if (index < 0) {
      memory.fill(to, 0, bytes)
      continue
    }
    const from = table + (index as usize) * bytes
    for (let k: usize = 0, place = r * (d >> 2); k < bytes; k += 16, place++)
      v128.store(to + k, f32x4.mul(v128.load(from + k), dropFactors(seed, place, kept256, scale)))
  }
}

/** table[indices[r]] += dropout(by * rows[r]), the transpose of gatherRows; for one thread, since indices repeat. */
export function scatterRows(begin: i32, end: i32, _scratch: usize, table: usize, indices: usize, rows: usize, d: i32, by: f32, kept256: i32, seed: i32): void {
  const bytes = (d as usize) << 2
  const scale = dropScale(kept256, by)
  for (let r = begin; r < end; r++) {
    const index = load<i32>(indices + ((r as usize) << 2))
    if (index < 0) continue
    const from = rows + (r as usize) * bytes
    const to = table + (index as usize) * bytes
    for (let k: usize = 0, place = r * (d >> 2); k < bytes; k += 16, place++)
      v128.store(to + k, f32x4.add(v128.load(to + k), f32x4.mul(v128.load(from + k), dropFactors(seed, place, kept256, scale))))
  }
}

/** Panels begin … end - 1 of the transpose of table[indices]: panel j holds rows 8j … 8j + 7, column by column; negative indices give zeros. */
export function gatherPanels(begin: i32, end: i32, _scratch: usize, table: usize, indices: usize, panels: usize, d: i32): void {
  const bytes = (d as usize) << 2
  for (let panel = begin; panel < end; panel++) {
    for (let r = 0; r < 8; r++) {
      const index = load<i32>(indices + (((panel * 8 + r) as usize) << 2))
      let to = panels + (((panel * d) as usize) << 5) + ((r as usize) << 2)
      for (let k: usize = 0; k < bytes; k += 4, to += 32)
        store<f32>(to, index < 0 ? <f32>0 : load<f32>(table + (index as usize) * bytes + k))
    }
  }
}

/** x += dropout(z), rows of d floats. */
export function addDropped(begin: i32, end: i32, _scratch: usize, x: usize, z: usize, d: i32, kept256: i32, seed: i32): void {
  const scale = dropScale(kept256, 1)
  const from = begin * (d >> 2)
  const until = end * (d >> 2)
  for (let place = from; place < until; place++) {
    const at = (place as usize) << 4
    v128.store(x + at, f32x4.add(v128.load(x + at), f32x4.mul(v128.load(z + at), dropFactors(seed, place, kept256, scale))))
  }
}

/** dz = dropout(dx), the gradient of addDropped. */
export function dropBack(begin: i32, end: i32, _scratch: usize, dx: usize, dz: usize, d: i32, kept256: i32, seed: i32): void {
  const scale = dropScale(kept256, 1)
  const from = begin * (d >> 2)
  const until = end * (d >> 2)
  for (let place = from; place < until; place++) {
    const at = (place as usize) << 4
    v128.store(dz + at, f32x4.mul(v128.load(dx + at), dropFactors(seed, place, kept256, scale)))
  }
}

/** out = (x - mean) / sqrt(variance + 1e-5) per row of d floats, without gain or bias (the linear layer that follows has them); `rates` keeps 1 / sqrt. */
export function normaliseRows(begin: i32, end: i32, _scratch: usize, x: usize, out: usize, rates: usize, d: i32): void {
  const bytes = (d as usize) << 2
  for (let r = begin; r < end; r++) {
    const from = x + (r as usize) * bytes
    const to = out + (r as usize) * bytes
    let sums = f32x4.splat(0)
    for (let k: usize = 0; k < bytes; k += 16) sums = f32x4.add(sums, v128.load(from + k))
    const mean = f32x4.splat(sum4(sums) / (d as f32))
    let squares = f32x4.splat(0)
    for (let k: usize = 0; k < bytes; k += 16) {
      const value = f32x4.sub(v128.load(from + k), mean)
      v128.store(to + k, value)
      squares = f32x4.add(squares, f32x4.mul(value, value))
    }
    const rate: f32 = 1 / Mathf.sqrt(sum4(squares) / (d as f32) + <f32>1e-5)
    store<f32>(rates + ((r as usize) << 2), rate)
    for (let k: usize = 0; k < bytes; k += 16) v128.store(to + k, f32x4.mul(v128.load(to + k), f32x4.splat(rate)))
  }
}

/** dx += the gradient of normaliseRows for dy, given its output y. */
export function normaliseBack(begin: i32, end: i32, _scratch: usize, dy: usize, y: usize, rates: usize, dx: usize, d: i32): void {
  const bytes = (d as usize) << 2
  for (let r = begin; r < end; r++) {
    const at = (r as usize) * bytes
    let sums = f32x4.splat(0)
    let products = f32x4.splat(0)
    for (let k: usize = 0; k < bytes; k += 16) {
      const given = v128.load(dy + at + k)
      sums = f32x4.add(sums, given)
      products = f32x4.add(products, f32x4.mul(given, v128.load(y + at + k)))
    }
    const mean = f32x4.splat(sum4(sums) / (d as f32))
    const slope = f32x4.splat(sum4(products) / (d as f32))
    const rate = f32x4.splat(load<f32>(rates + ((r as usize) << 2)))
    for (let k: usize = 0; k < bytes; k += 16) {
      const part = f32x4.sub(f32x4.sub(v128.load(dy + at + k), mean), f32x4.mul(v128.load(y + at + k), slope))
      v128.store(dx + at + k, f32x4.add(v128.load(dx + at + k), f32x4.mul(part, rate)))
    }
  }
}

/** h = max(0, h + bias) in place, rows of `width` floats. */
export function biasRelu(begin: i32, end: i32, _scratch: usize, h: usize, bias: usize, width: i32): void {
  const bytes = (width as usize) << 2
  for (let r = begin; r < end; r++) {
    const row = h + (r as usize) * bytes
    for (let k: usize = 0; k < bytes; k += 16)
      v128.store(row + k, f32x4.max(f32x4.splat(0), f32x4.add(v128.load(row + k), v128.load(bias + k))))
  }
}

/** dh = 0 where h, the output of biasRelu, is 0. */
export function reluBack(begin: i32, end: i32, _scratch: usize, dh: usize, h: usize, width: i32): void {
  const from = (begin as usize) * ((width as usize) << 2)
  const until = (end as usize) * ((width as usize) << 2)
  for (let k = from; k < until; k += 16)
    v128.store(dh + k, v128.and(v128.load(dh + k), f32x4.gt(v128.load(h + k), f32x4.splat(0))))
}

/** One step of Adam (Kingma & Ba 2015) on blocks of 256 floats; `rate` and `epsilon` carry the bias corrections; gradients are zeroed. */
export function adamBlocks(begin: i32, end: i32, _scratch: usize, values: usize, gradients: usize, means: usize, squares: usize, rate: f32, epsilon: f32, decay: f32): void {
  const from = (begin as usize) << 10
  const until = (end as usize) << 10
  const kept = f32x4.splat(1 - decay)
  for (let k = from; k < until; k += 16) {
    const g = v128.load(gradients + k)
    const m = f32x4.add(f32x4.mul(v128.load(means + k), f32x4.splat(0.9)), f32x4.mul(g, f32x4.splat(0.1)))
    const s = f32x4.add(f32x4.mul(v128.load(squares + k), f32x4.splat(0.98)), f32x4.mul(f32x4.mul(g, g), f32x4.splat(0.02)))
    v128.store(means + k, m)
    v128.store(squares + k, s)
    v128.store(gradients + k, f32x4.splat(0))
    const step = f32x4.div(f32x4.mul(m, f32x4.splat(rate)), f32x4.add(f32x4.sqrt(s), f32x4.splat(epsilon)))
    v128.store(values + k, f32x4.sub(f32x4.mul(v128.load(values + k), kept), step))
  }
}

/** y = x + x0 (z + bias), element by element, rows of `width` floats: a cross layer after its products. */
export function crossRows(begin: i32, end: i32, _scratch: usize, x0: usize, z: usize, bias: usize, x: usize, y: usize, width: i32): void {
  const bytes = (width as usize) << 2
  for (let r = begin; r < end; r++) {
    const row = (r as usize) * bytes
    for (let k: usize = 0; k < bytes; k += 16) {
      const crossed = f32x4.mul(v128.load(x0 + row + k), f32x4.add(v128.load(z + row + k), v128.load(bias + k)))
      v128.store(y + row + k, f32x4.add(v128.load(x + row + k), crossed))
    }
  }
}

/** dz = dy x0, element by element: the gradient of crossRows for its products and bias. */
export function crossBack(begin: i32, end: i32, _scratch: usize, dy: usize, x0: usize, dz: usize, width: i32): void {
  const from = (begin as usize) * ((width as usize) << 2)
  const until = (end as usize) * ((width as usize) << 2)
  for (let k = from; k < until; k += 16) v128.store(dz + k, f32x4.mul(v128.load(dy + k), v128.load(x0 + k)))
}
