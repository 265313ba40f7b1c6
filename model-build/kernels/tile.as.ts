/**
 * The register tile every dense kernel here is made of.
 *
 * Panel-8 layout: a k x n matrix (n a multiple of 8) is stored as n/8 panels, each k rows of 8 consecutive f32:
 * element (p, j) lives at ((j >> 3) * k + (p & ..)) * 8 + (j & 7). Both operands of a product stream through it.
 */

/** C[4x8] (row-major, rows `cStep` bytes apart) = mode 0: A'B, 1: C + A'B, 2: C - A'B; `a` and `b` point into panels of k rows. */
export function tile4x8(a: usize, b: usize, k: i32, c: usize, cStep: usize, mode: i32): void {
  let c00 = f32x4.splat(0)
  let c01 = f32x4.splat(0)
  let c10 = f32x4.splat(0)
  let c11 = f32x4.splat(0)
  let c20 = f32x4.splat(0)
  let c21 = f32x4.splat(0)
  let c30 = f32x4.splat(0)
  let c31 = f32x4.splat(0)
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const a0 = v128.load32_splat(a)
    c00 = f32x4.add(c00, f32x4.mul(a0, b0))
    c01 = f32x4.add(c01, f32x4.mul(a0, b1))
    const a1 = v128.load32_splat(a, 4)
    c10 = f32x4.add(c10, f32x4.mul(a1, b0))
    c11 = f32x4.add(c11, f32x4.mul(a1, b1))
    const a2 = v128.load32_splat(a, 8)
    c20 = f32x4.add(c20, f32x4.mul(a2, b0))
    c21 = f32x4.add(c21, f32x4.mul(a2, b1))
    const a3 = v128.load32_splat(a, 12)
    c30 = f32x4.add(c30, f32x4.mul(a3, b0))
    c31 = f32x4.add(c31, f32x4.mul(a3, b1))
    a += 32
    b += 32
  }
  storeRow(c, c00, c01, mode)
  storeRow(c + cStep, c10, c11, mode)
  storeRow(c + 2 * cStep, c20, c21, mode)
  storeRow(c + 3 * cStep, c30, c31, mode)
}

function storeRow(c: usize, left: v128, right: v128, mode: i32): void {
  if (mode == 0) {
    v128.store(c, left)
    v128.store(c, right, 16)
  } else if (mode == 1) {
    v128.store(c, f32x4.add(v128.load(c), left))
    v128.store(c, f32x4.add(v128.load(c, 16), right), 16)
  } else {
    v128.store(c, f32x4.sub(v128.load(c), left))
    v128.store(c, f32x4.sub(v128.load(c, 16), right), 16)
  }
}

/** Upper triangle of the d x d matrix at `c` += P'P for the k packed rows at `panels`; d a multiple of 8. */
export function addGram(panels: usize, k: i32, c: usize, d: i32): void {
  const panelBytes: usize = (k as usize) << 5
  for (let i = 0; i < d; i += 4) {
    const a = panels + ((i as usize) >> 3) * panelBytes + (((i as usize) & 4) << 2)
    for (let j = i & ~7; j < d; j += 8) {
      const b = panels + ((j as usize) >> 3) * panelBytes
      tile4x8(a, b, k, c + (((i * d + j) as usize) << 2), (d as usize) << 2, 1)
    }
  }
}

/** Copies row `index` (of k) into the panels at `panels`, scaled; d a multiple of 8. */
export function packRow(source: usize, panels: usize, k: i32, index: i32, d: i32, scale: f32): void {
  const factor = f32x4.splat(scale)
  const step: usize = (k as usize) << 5
  let to = panels + ((index as usize) << 5)
  for (let j = 0; j < d; j += 8) {
    v128.store(to, f32x4.mul(v128.load(source), factor))
    v128.store(to, f32x4.mul(v128.load(source, 16), factor), 16)
    source += 32
    to += step
  }
}
