import { seededRandom } from '#worker/core/synthetic-model'

/** Vectors of a bench: `rows` to search, `queries` of the same kind; all of length 1, row-major. */
export type VectorSet = { readonly dim: number; readonly rows: Float32Array; readonly queries: Float32Array }

const CENTRES = 200

/** Spread around a centre, as a share of the centre's own. */
const SPREAD = 0.8

/** Points around 200 centres, as embeddings of things with kinds lie. Equal arguments give equal bits. */
export function drawVectors({ items, dim, queries }: { items: number; dim: number; queries: number }): VectorSet {
  const random = seededRandom(dim)
  const normal = (): number => {
    let sum = -6
    for (let k = 0; k < 12; k++) sum += random()
    return sum
  }
  const centres = Float32Array.from({ length: CENTRES * dim }, normal)
  const draw = (count: number): Float32Array => {
    const out = new Float32Array(count * dim)
    for (let row = 0; row < count; row++) {
      const centre = Math.floor(random() * CENTRES) * dim
      const vector = Float64Array.from({ length: dim }, (_, d) => (centres[centre + d] ?? 0) + SPREAD * normal())
      const norm = Math.hypot(...vector)
      out.set(
        vector.map((value) => value / norm),
        row * dim,
      )
    }
    return out
  }
  return { dim, rows: draw(items), queries: draw(queries) }
}

/** The rows with the largest inner product for each query, best first, ties by row. */
export function exactNeighbours({ dim, rows, queries }: VectorSet, k: number): Uint32Array[] {
  const count = rows.length / dim
  return Array.from({ length: queries.length / dim }, (_, q) => {
    const scores = new Float64Array(count)
    for (let row = 0; row < count; row++)
      for (let d = 0; d < dim; d++) scores[row] += rows[row * dim + d] * queries[q * dim + d]
    return Uint32Array.from(scores.keys())
      .sort((a, b) => scores[b] - scores[a] || a - b)
      .slice(0, k)
  })
}

/** Mean share of the true k nearest that were found among the first k. */
export function recallAt(k: number, found: readonly (readonly number[])[], truth: readonly Uint32Array[]): number {
  const shares = truth.map((true_, q) => {
    const wanted = new Set(true_.subarray(0, k))
    return new Set(found[q]?.slice(0, k).filter((row) => wanted.has(row))).size / Math.min(k, true_.length)
  })
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}
