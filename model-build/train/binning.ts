import type { KernelPool } from './thread-pool.ts'

const BINS = 256
/** Rows the edges are computed from. */
const SAMPLE_ROWS = 20_000
/** Rows copied to shared memory at once. */
const BATCH_ROWS = 65_536

/** Row-major features, all values finite, in pieces of whole rows: what is made list by list need not be copied together. */
export type FeatureRows = {
  readonly pieces: readonly Float32Array[]
  readonly featureCount: number
}

/** Up to 254 ascending thresholds per feature: bin b holds edges[b - 1] < x <= edges[b]; `edges` has 256 per feature, padded with +infinity. */
export type BinEdges = {
  readonly featureCount: number
  readonly edges: Float32Array
  readonly counts: Int32Array
}

/** Bins in pool memory, one column of `stride` bytes per feature. */
export type BinnedRows = {
  readonly rowCount: number
  readonly stride: number
  readonly bins: Uint8Array
}

/** Quantile edges from an evenly spaced sample of rows; every edge lies between two values that occur, in single precision. */
export function findEdges(rows: FeatureRows): BinEdges {
  const { featureCount } = rows
  const sampled = sampleRows(rows)
  const sample = new Float32Array(sampled.length / featureCount)
  const edges = new Float32Array(featureCount * BINS).fill(Number.POSITIVE_INFINITY)
  const counts = new Int32Array(featureCount)
  for (let f = 0; f < featureCount; f++) {
    for (let k = 0; k < sample.length; k++) sample[k] = sampled[k * featureCount + f]
    sample.sort()
    counts[f] = quantileEdges(sample, edges.subarray(f * BINS, f * BINS + BINS - 2))
  }
  return { featureCount, edges, counts }
}

/** Rows of all pieces. */
function countRows({ pieces, featureCount }: FeatureRows): number {
  return pieces.reduce((sum, { length }) => sum + length / featureCount, 0)
}

/** Every so many rows, row-major. */
function sampleRows(rows: FeatureRows): Float32Array {
  const { pieces, featureCount } = rows
  const rowCount = countRows(rows)
  const step = Math.max(1, Math.floor(rowCount / SAMPLE_ROWS))
  const sampled = new Float32Array(Math.ceil(rowCount / step) * featureCount)
  let taken = 0
  let first = 0
  for (const piece of pieces) {
    const count = piece.length / featureCount
    for (; taken * step < first + count; taken++) {
      const row = taken * step - first
      sampled.set(piece.subarray(row * featureCount, (row + 1) * featureCount), taken * featureCount)
    }
    first += count
  }
  return sampled
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

/** The edges of each feature behind every sixteenth of them, as the kernel searches them. */
function searchable({ featureCount, edges }: BinEdges): Float32Array {
  const all = new Float32Array(featureCount * (16 + BINS))
  for (let f = 0; f < featureCount; f++) {
    const own = edges.subarray(f * BINS, (f + 1) * BINS)
    all.set(
      own.filter((_, k) => k % 16 === 15),
      f * (16 + BINS),
    )
    all.set(own, f * (16 + BINS) + 16)
  }
  return all
}

/** Bins rows by the edges; the result lives in the pool's current scope. */
export async function binRows(pool: KernelPool, rows: FeatureRows, edges: BinEdges): Promise<BinnedRows> {
  const { featureCount, pieces } = rows
  const rowCount = countRows(rows)
  const stride = rowCount
  const bins = pool.u8(featureCount * stride)
  await pool.scope(async () => {
    const limits = pool.copyF32(searchable(edges))
    const batch = pool.f32(Math.min(rowCount, BATCH_ROWS) * featureCount)
    let first = 0
    let filled = 0
    const flush = async () => {
      const count = filled / featureCount
      const out = bins.byteOffset + first
      const args = [batch.byteOffset, featureCount, limits.byteOffset, out, stride]
      await pool.run({ kernel: 'binRows', tasks: count, chunk: 1024, args })
      first += count
      filled = 0
    }
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const part = piece.subarray(from, from + batch.length - filled)
        batch.set(part, filled)
        from += part.length
        filled += part.length
        if (filled === batch.length) await flush()
      }
    }
    if (filled > 0) await flush()
  })
  return { rowCount, stride, bins }
}
