import { tile4x8 } from './tile.as'

/** Packs panels begin … end - 1 of the row-major k x n matrix at `source` (n a multiple of 8) into panel-8 layout at `panels`. */
export function packPanels(begin: i32, end: i32, _scratch: usize, source: usize, panels: usize, k: i32, n: i32): void {
  for (let panel = begin; panel < end; panel++) {
    let from = source + ((panel as usize) << 5)
    let to = panels + (((panel * k) as usize) << 5)
    for (let p = 0; p < k; p++) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
      from += (n as usize) << 2
      to += 32
    }
  }
}

/** Writes eight rows of A (row-major, `lda` floats apart, k columns) as one panel: out[p*8 + r] = A[r][p]. */
function packTransposed(a: usize, lda: i32, k: i32, out: usize): void {
  for (let r = 0; r < 8; r++) {
    let from = a + (((r * lda) as usize) << 2)
    let to = out + ((r as usize) << 2)
    for (let p = 0; p < k; p++) {
      store<f32>(to, load<f32>(from))
      from += 4
      to += 32
    }
  }
}

/**
 * C = A B by blocks of eight rows begin … end - 1: A row-major m x k, B packed by packPanels (k x n), C row-major m x n; m, n multiples of 8.
 * Scratch: 8*k floats.
 */
export function gemm(begin: i32, end: i32, scratch: usize, a: usize, panels: usize, c: usize, k: i32, n: i32): void {
  for (let block = begin; block < end; block++) {
    packTransposed(a + (((block * 8 * k) as usize) << 2), k, k, scratch)
    const rows = c + (((block * 8) as usize) * (n as usize) << 2)
    for (let j = 0; j < n; j += 8) {
      const b = panels + ((((j >> 3) * k) as usize) << 5)
      const to = rows + ((j as usize) << 2)
      tile4x8(scratch, b, k, to, (n as usize) << 2, 0)
      tile4x8(scratch + 16, b, k, to + ((n as usize) << 4), (n as usize) << 2, 0)
    }
  }
}

/**
 * C = A'B by blocks of eight columns of A, begin … end - 1: A row-major k x m, B packed by packPanels (k x n), C row-major m x n; m, n multiples
 * of 8. Scratch: 8*k floats.
 */
export function gemmTransposed(begin: i32, end: i32, scratch: usize, a: usize, panels: usize, c: usize, k: i32, m: i32, n: i32): void {
  for (let block = begin; block < end; block++) {
    packPanels(block, block + 1, 0, a, scratch - (((block * k) as usize) << 5), k, m)
    const rows = c + (((block * 8) as usize) * (n as usize) << 2)
    for (let j = 0; j < n; j += 8) {
      const b = panels + ((((j >> 3) * k) as usize) << 5)
      const to = rows + ((j as usize) << 2)
      tile4x8(scratch, b, k, to, (n as usize) << 2, 0)
      tile4x8(scratch + 16, b, k, to + ((n as usize) << 4), (n as usize) << 2, 0)
    }
  }
}

/**
 * Nearest centroid by inner product for blocks of eight vectors: assignment i32 and score f32 per row, lowest index on ties.
 * `panels` holds the d x n centroid matrix (its transpose packed), n a multiple of 8, of which the first `count` are real.
 * Scratch: 8*d + 8*n floats.
 */
export function assignRows(
  begin: i32,
  end: i32,
  scratch: usize,
  vectors: usize,
  panels: usize,
  assignment: usize,
  scores: usize,
  d: i32,
  n: i32,
  count: i32,
): void {
  const products = scratch + ((d as usize) << 5)
  for (let block = begin; block < end; block++) {
    packTransposed(vectors + (((block * 8) as usize) * (d as usize) << 2), d, d, scratch)
    for (let j = 0; j < n; j += 8) {
      const b = panels + ((((j >> 3) * d) as usize) << 5)
      const to = products + ((j as usize) << 2)
      tile4x8(scratch, b, d, to, (n as usize) << 2, 0)
      tile4x8(scratch + 16, b, d, to + ((n as usize) << 4), (n as usize) << 2, 0)
    }
    for (let r = 0; r < 8; r++) {
      const line = products + (((r * n) as usize) << 2)
      let best = 0
      let value = load<f32>(line)
      for (let j = 1; j < count; j++) {
        const product = load<f32>(line + ((j as usize) << 2))
        if (product > value) {
          value = product
          best = j
        }
      }
      store<i32>(assignment + (((block * 8 + r) as usize) << 2), best)
      store<f32>(scores + (((block * 8 + r) as usize) << 2), value)
    }
  }
}

