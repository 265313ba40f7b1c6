import { describe, expect, test } from 'vitest'
import { clusterItems } from './cluster.ts'
import { createNormal, createRandom } from './random.ts'
import { createKernelPool } from './thread-pool.ts'

/** Points around `centres` random directions; direction k holds a share proportional to k + 1. */
function makeVectors(items: number, dim: number, centres: number): Float32Array {
  const random = createRandom(4)
  const normal = createNormal(random)
  const directions = new Float32Array(centres * dim).map(() => normal())
  const vectors = new Float32Array(items * dim)
  for (let i = 0; i < items; i++) {
    const centre = Math.floor(Math.sqrt(random()) * centres)
    const length = 0.3 + random()
    for (let j = 0; j < dim; j++) vectors[i * dim + j] = length * (directions[centre * dim + j] + 0.5 * normal())
  }
  return vectors
}

const DIM = 12
const vectors = makeVectors(6000, DIM, 30)

function cosineTo(v: Float32Array, at: number, c: Float32Array, cell: number): number {
  let [dot, norm] = [0, 0]
  for (let j = 0; j < DIM; j++) {
    dot += v[at * DIM + j] * c[cell * DIM + j]
    norm += v[at * DIM + j] ** 2
  }
  return dot / Math.sqrt(norm)
}

describe('clusterItems', () => {
  test('fills every cell and none beyond the cap, though the smallest direction holds 7 items', async () => {
    const { count, assignment } = await clusterItems(vectors, { dim: DIM, targetSize: 200, seed: 1 })
    const sizes = new Array<number>(count).fill(0)
    for (const cell of assignment) sizes[cell]++
    expect(count).toBe(30)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(250)
    expect(Math.min(...sizes)).toBeGreaterThan(10)
  })

  test('puts items near their centroid: mean cosine far above that of random cells', async () => {
    const { assignment, centroids, count } = await clusterItems(vectors, { dim: DIM, targetSize: 200, seed: 1 })
    let [own, other] = [0, 0]
    for (let i = 0; i < 6000; i++) {
      own += cosineTo(vectors, i, centroids, assignment[i]) / 6000
      other += cosineTo(vectors, i, centroids, (assignment[i] + 7) % count) / 6000
    }
    expect(own).toBeGreaterThan(0.8)
    expect(other).toBeLessThan(0.2)
  })

  test('gives the same cells on one thread and on three', async () => {
    const cells = []
    for (const threads of [1, 3]) {
      const pool = await createKernelPool({ threads })
      cells.push(await clusterItems(vectors, { dim: DIM, targetSize: 500, seed: 2, pool }))
      await pool.close()
    }
    expect(cells[1]).toEqual(cells[0])
  })

  test('spreads zero vectors over cells with room', async () => {
    const { assignment } = await clusterItems(new Float32Array(100 * DIM), { dim: DIM, targetSize: 25, seed: 1 })
    const sizes = [0, 0, 0, 0]
    for (const cell of assignment) sizes[cell]++
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32)
  })

  test('keeps a small catalogue in one cell', async () => {
    const { count, assignment } = await clusterItems(vectors.subarray(0, 50 * DIM), { dim: DIM, seed: 1 })
    expect(count).toBe(1)
    expect(new Set(assignment)).toEqual(new Set([0]))
  })
})
