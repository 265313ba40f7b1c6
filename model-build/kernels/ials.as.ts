import { solvePositive } from './cholesky.as'
import { addGram, packRow } from './tile.as'

const CHUNK: i32 = 128

/**
 * Exact iALS solves for rows begin … end - 1: (gram + sum_k w_k v_k v_k' + reg_r I) x_r = sum_k w_k v_k.
 * `offsets` i32 (rows + 1), `columns` i32, `weights` f32 or 0 for all ones, `fixed` f32 d per column, `gram` f32 d x d (already times alpha0),
 * `regs` f32 per row, `out` f32 d per row; d a multiple of 8. Scratch: d*d + 128*d + 12*d floats.
 */
export function ialsRows(
  begin: i32,
  end: i32,
  scratch: usize,
  offsets: usize,
  columns: usize,
  weights: usize,
  fixed: usize,
  gram: usize,
  regs: usize,
  out: usize,
  d: i32,
): void {
  const vectorBytes: usize = (d as usize) << 2
  const matrixBytes: usize = ((d * d) as usize) << 2
  const matrix = scratch
  const panels = matrix + matrixBytes
  const right = panels + (CHUNK as usize) * vectorBytes
  const work = right + vectorBytes
  for (let r = begin; r < end; r++) {
    const from = load<i32>(offsets + ((r as usize) << 2))
    const to = load<i32>(offsets + ((r as usize) << 2), 4)
    const target = out + (r as usize) * vectorBytes
    if (from == to) {
      memory.fill(target, 0, vectorBytes)
      continue
    }
    memory.copy(matrix, gram, matrixBytes)
    memory.fill(right, 0, vectorBytes)
    addDiagonal(matrix, d, load<f32>(regs + ((r as usize) << 2)))
    for (let at = from; at < to; at += CHUNK) {
      const count = min(CHUNK, to - at)
      gather(columns, weights, fixed, at, count, panels, right, d)
      addGram(panels, count, matrix, d)
    }
    solvePositive(matrix, d, right, target, work)
  }
}

function addDiagonal(matrix: usize, d: i32, value: f32): void {
  for (let i = 0; i < d; i++) {
    const at = matrix + (((i * d + i) as usize) << 2)
    store<f32>(at, load<f32>(at) + value)
  }
}

function gather(columns: usize, weights: usize, fixed: usize, at: i32, count: i32, panels: usize, right: usize, d: i32): void {
  for (let k = 0; k < count; k++) {
    const index: usize = ((at + k) as usize) << 2
    const source = fixed + (load<i32>(columns + index) as usize) * ((d as usize) << 2)
    const weight: f32 = weights ? load<f32>(weights + index) : 1
    packRow(source, panels, count, k, d, sqrt<f32>(weight))
    const factor = f32x4.splat(weight)
    for (let j: usize = 0; j < (d as usize) << 2; j += 16) {
      v128.store(right + j, f32x4.add(v128.load(right + j), f32x4.mul(factor, v128.load(source + j))))
    }
  }
}

/**
 * Partial Gramians: task t writes the upper triangle of sum v v' over rows t*size … min(rows, (t+1)*size) - 1 to `out` + t*d*d floats.
 * Scratch: 128*d floats.
 */
export function gramParts(begin: i32, end: i32, scratch: usize, vectors: usize, rows: i32, size: i32, out: usize, d: i32): void {
  for (let t = begin; t < end; t++) {
    const target = out + (((t * d * d) as usize) << 2)
    memory.fill(target, 0, ((d * d) as usize) << 2)
    const last = min(rows, (t + 1) * size)
    for (let at = t * size; at < last; at += CHUNK) {
      const count = min(CHUNK, last - at)
      for (let k = 0; k < count; k++) packRow(vectors + (((at + k) as usize) * (d as usize) << 2), scratch, count, k, d, 1)
      addGram(scratch, count, target, d)
    }
  }
}
