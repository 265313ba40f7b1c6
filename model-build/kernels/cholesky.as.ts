import { tile4x8 } from './tile.as'

/**
 * Solves A x = b for symmetric positive definite A (f32, row-major, only the upper triangle is read and overwritten); n a multiple of 8.
 * Right-looking Cholesky A = U'U in panels of eight pivots (Golub & Van Loan, Matrix Computations, 4.2.6).
 * `work` needs 8n + 2n floats.
 */
export function solvePositive(a: usize, n: i32, b: usize, x: usize, work: usize): void {
  for (let k = 0; k < n; k += 8) {
    factorPanel(a, n, k)
    if (k + 8 < n) updateTrailing(a, n, k, work)
  }
  const y = work + ((n as usize) << 5)
  forward(a, n, b, y)
  backward(a, n, y, x)
}

function row(a: usize, n: i32, i: i32): usize {
  return a + (((i * n) as usize) << 2)
}

function factorPanel(a: usize, n: i32, k: i32): void {
  for (let p = k; p < k + 8; p++) {
    const pivotRow = row(a, n, p)
    const pivot = max<f32>(load<f32>(pivotRow + ((p as usize) << 2)), 1e-20)
    const inverse = f32x4.splat(1 / sqrt<f32>(pivot))
    for (let j = k; j < n; j += 4) {
      const at = pivotRow + ((j as usize) << 2)
      v128.store(at, f32x4.mul(v128.load(at), inverse))
    }
    for (let q = p + 1; q < k + 8; q++) {
      const factor = v128.load32_splat(pivotRow + ((q as usize) << 2))
      const target = row(a, n, q)
      for (let j = k; j < n; j += 4) {
        const offset = (j as usize) << 2
        v128.store(target + offset, f32x4.sub(v128.load(target + offset), f32x4.mul(factor, v128.load(pivotRow + offset))))
      }
    }
    for (let j = k; j < p; j++) store<f32>(pivotRow + ((j as usize) << 2), 0)
  }
}

function updateTrailing(a: usize, n: i32, k: i32, panels: usize): void {
  for (let p = 0; p < 8; p++) {
    const source = row(a, n, k + p)
    for (let j = k + 8; j < n; j += 8) {
      const from = source + ((j as usize) << 2)
      const to = panels + ((j as usize) << 5) + ((p as usize) << 5)
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    }
  }
  for (let i = k + 8; i < n; i += 4) {
    const left = panels + (((i & ~7) as usize) << 5) + (((i & 4) as usize) << 2)
    for (let j = i & ~7; j < n; j += 8) {
      tile4x8(left, panels + ((j as usize) << 5), 8, row(a, n, i) + ((j as usize) << 2), (n as usize) << 2, 2)
    }
  }
}

function forward(u: usize, n: i32, b: usize, y: usize): void {
  for (let k = 0; k < n; k++) {
    const source = row(u, n, k)
    const at = (k as usize) << 2
    const value = load<f32>(b + at) / load<f32>(source + at)
    store<f32>(y + at, value)
    const factor = f32x4.splat(value)
    for (let j = k & ~3; j < n; j += 4) {
      const offset = (j as usize) << 2
      v128.store(b + offset, f32x4.sub(v128.load(b + offset), f32x4.mul(factor, v128.load(source + offset))))
    }
  }
}

function backward(u: usize, n: i32, y: usize, x: usize): void {
  memory.fill(x, 0, (n as usize) << 2)
  for (let k = n - 1; k >= 0; k--) {
    const source = row(u, n, k)
    let sum = f32x4.splat(0)
    for (let j = k & ~3; j < n; j += 4) {
      const offset = (j as usize) << 2
      sum = f32x4.add(sum, f32x4.mul(v128.load(source + offset), v128.load(x + offset)))
    }
    const dot: f32 =
      f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
    const at = (k as usize) << 2
    store<f32>(x + at, (load<f32>(y + at) - dot) / load<f32>(source + at))
  }
}
