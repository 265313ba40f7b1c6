import { clusterItems } from './cluster.ts'
import type { KernelPool } from './thread-pool.ts'

/** Items of one coarse part; parts are clustered one after the other, so memory is that of one. */
const PART_ITEMS = 200_000

/** Items the coarse parts are learnt on. */
const COARSE_SAMPLE = 50_000

export type LargeOptions = {
  readonly items: number
  readonly dim: number
  readonly targetSize: number
  readonly seed: number
  readonly pool: KernelPool
  /** Writes an item's vector at a place. */
  readonly read: (item: number, into: Float32Array, at: number) => void
  readonly onProgress?: (share: number) => void
}

/**
 * Balanced spherical k-means for millions of items: coarse parts learnt on a sample, then `clusterItems` inside each. Besides the assignment it
 * holds the vectors of one part only.
 * @returns Cell of each item, 0 … count - 1, cells of a part side by side.
 */
export async function clusterLarge(options: LargeOptions): Promise<{ count: number; assignment: Int32Array }> {
  const { items, dim, targetSize, seed, pool, onProgress = () => undefined } = options
  const parts = await coarseParts(options)
  const assignment = new Int32Array(items)
  let count = 0
  let done = 0
  for (const members of parts) {
    const vectors = gather(members, options)
    const found = await pool.scope(() => clusterItems(vectors, { dim, targetSize, seed, pool }))
    for (let k = 0; k < members.length; k++) assignment[members[k]] = count + found.assignment[k]
    count += found.count
    done += members.length
    onProgress(done / items)
  }
  return { count, assignment }
}

function gather(members: Int32Array, { dim, read }: LargeOptions): Float32Array {
  const vectors = new Float32Array(members.length * dim)
  members.forEach((item, k) => {
    read(item, vectors, k * dim)
  })
  return vectors
}

async function coarseParts(options: LargeOptions): Promise<Int32Array[]> {
  const { items, dim, seed, pool } = options
  const count = Math.max(1, Math.round(items / PART_ITEMS))
  if (count === 1) return [Int32Array.from({ length: items }, (_, item) => item)]
  const step = Math.max(1, Math.floor(items / COARSE_SAMPLE))
  const sample = Int32Array.from({ length: Math.floor(items / step) }, (_, k) => k * step)
  const targetSize = sample.length / count
  const { centroids } = await pool.scope(() => clusterItems(gather(sample, options), { dim, targetSize, seed, pool }))
  const partOf = nearestParts(centroids, options)
  const sizes = new Int32Array(centroids.length / dim)
  for (const part of partOf) sizes[part]++
  const parts = Array.from(sizes, (size) => new Int32Array(size))
  const next = new Int32Array(sizes.length)
  partOf.forEach((part, item) => {
    parts[part][next[part]++] = item
  })
  return parts.filter((part) => part.length > 0)
}

function nearestParts(centroids: Float32Array, { items, dim, read }: LargeOptions): Uint16Array {
  const partOf = new Uint16Array(items)
  const vector = new Float32Array(dim)
  for (let item = 0; item < items; item++) {
    read(item, vector, 0)
    let [best, value] = [0, Number.NEGATIVE_INFINITY]
    for (let c = 0; c * dim < centroids.length; c++) {
      let sum = 0
      for (let d = 0, at = c * dim; d < dim; d++, at++) sum += vector[d] * centroids[at]
      if (sum > value) [best, value] = [c, sum]
    }
    partOf[item] = best
  }
  return partOf
}
