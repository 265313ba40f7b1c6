/** Two values of −8 to 7 in a byte, the first in the lower half; values beyond are cut. Rows of an odd length end in half a byte of zeros. */
export function packHalfBytes(values: Int8Array, dim: number): Uint8Array<ArrayBuffer> {
  const width = Math.ceil(dim / 2)
  const rows = values.length / dim
  const packed = new Uint8Array(rows * width)
  for (let row = 0; row < rows; row++)
    for (let d = 0; d < dim; d++) {
      const value = Math.min(7, Math.max(-8, values[row * dim + d] ?? 0)) & 15
      const at = row * width + (d >> 1)
      packed[at] = (packed[at] ?? 0) | (d % 2 === 0 ? value : value << 4)
    }
  return packed
}

/** Inner product of a packed row with an integer query; nothing else of the rows is unpacked. */
export function halfByteDot(packed: Uint8Array, row: number, query: Int16Array): number {
  const dim = query.length
  let sum = 0
  for (let d = 0, at = row * Math.ceil(dim / 2); d < dim; d += 2, at++) {
    const both = packed[at] ?? 0
    sum += ((both << 28) >> 28) * (query[d] ?? 0)
    if (d + 1 < dim) sum += ((both << 24) >> 28) * (query[d + 1] ?? 0)
  }
  return sum
}
