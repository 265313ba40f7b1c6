import type { KernelPool } from './thread-pool.ts'

const BINS = 256
/** Rows the edges are computed from. */
const SAMPLE_ROWS = 20_000
/** Rows copied to shared memory at once. */
const BATCH_ROWS = 65_536

/** Row-major features; all values finite. */
export type FeatureRows = {
  readonly values: Float32Array
  readonly featureCount: number
}

/** Up to 254 ascending thresholds per feature: bin b holds edges[b - 1] < x <= edges[b]; `edges` has 256 per feature, padded with +infinity. */
export type BinEdges = {
  readonly featureCount: number
  readonly edges: Float32Array
  readonly counts: Int32Array
}

/** Bins in pool memory, `stride` bytes per row. */
export type BinnedRows = {
  readonly rowCount: number
  readonly stride: number
  readonly bins: Uint8Array
}

/** Quantile edges from an evenly spaced sample of rows; every edge lies between two values that occur, in single precision. */
export function findEdges(rows: FeatureRows): BinEdges {
  const { featureCount, values } = rows
  const rowCount = values.length / featureCount
  const step = Math.max(1, Math.floor(rowCount / SAMPLE_ROWS))
  const sample = new Float32Array(Math.ceil(rowCount / step))
  const edges = new Float32Array(featureCount * BINS).fill(Number.POSITIVE_INFINITY)
  const counts = new Int32Array(featureCount)
  for (let f = 0; f < featureCount; f++) {
    for (let k = 0; k < sample.length; k++) sample[k] = values[k * step * featureCount + f]
    sample.sort()
    counts[f] = quantileEdges(sample, edges.subarray(f * BINS, f * BINS + BINS - 2))
  }
  return { featureCount, edges, counts }
}

/** Greedy equal-count cuts that never split equal values; returns how many were written. */
function quantileEdges(sorted: Float32Array, out: Float32Array): number {
  let written = 0
  let start = 0
  let distinct = 1
  for (let k = 1; k < sorted.length; k++) if (sorted[k] !== sorted[k - 1]) distinct++
  const fewValues = distinct <= out.length
  for (let k = 1; k < sorted.length && written < out.length; k++) {
    if (sorted[k] === sorted[k - 1]) continue
    const wanted = (sorted.length - start) / (out.length + 1 - written)
    if (!fewValues && k - start < wanted) continue
    const middle = Math.fround((sorted[k - 1] + sorted[k]) / 2)
    out[written++] = middle < sorted[k] ? middle : sorted[k - 1]
    start = k
  }
  return written
}

/** Bytes of a row of bins: whole words. */
export function strideOf(featureCount: number): number {
  return Math.ceil(featureCount / 4) * 4
}

/** Bins rows by the edges; the result lives in the pool's current scope. */
export async function binRows(pool: KernelPool, rows: FeatureRows, edges: BinEdges): Promise<BinnedRows> {
  const { featureCount, values } = rows
  const rowCount = values.length / featureCount
  const stride = strideOf(featureCount)
  const bins = pool.u8(rowCount * stride)
  await pool.scope(async () => {
    const limits = pool.copyF32(edges.edges)
    const batch = pool.f32(Math.min(rowCount, BATCH_ROWS) * featureCount)
    for (let first = 0; first < rowCount; first += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - first)
      batch.set(values.subarray(first * featureCount, (first + count) * featureCount))
      const out = bins.byteOffset + first * stride
      const args = [batch.byteOffset, featureCount, limits.byteOffset, out, stride]
      await pool.run({ kernel: 'binRows', tasks: count, chunk: 1024, args })
    }
  })
  return { rowCount, stride, bins }
}
