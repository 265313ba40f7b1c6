/**
 * Rows begin … end - 1 of sparse times dense: out[r] = sum over the row's entries of value * right[column], `width` floats (a multiple of 4).
 * `offsets` i32 (rows + 1), `columns` i32, `values` f32.
 */
export function sparseTimesDense(
  begin: i32,
  end: i32,
  _scratch: usize,
  offsets: usize,
  columns: usize,
  values: usize,
  right: usize,
  out: usize,
  width: i32,
): void {
  const bytes = (width as usize) << 2
  for (let r = begin; r < end; r++) {
    const to = out + (r as usize) * bytes
    memory.fill(to, 0, bytes)
    const last = load<i32>(offsets + ((r as usize) << 2), 4)
    for (let k = load<i32>(offsets + ((r as usize) << 2)); k < last; k++) {
      const at = (k as usize) << 2
      const from = right + (load<i32>(columns + at) as usize) * bytes
      const value = v128.load32_splat(values + at)
      for (let j: usize = 0; j < bytes; j += 16) {
        v128.store(to + j, f32x4.add(v128.load(to + j), f32x4.mul(value, v128.load(from + j))))
      }
    }
  }
}
