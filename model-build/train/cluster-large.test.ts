import { afterAll, expect, test } from 'vitest'
import { clusterLarge } from './cluster-large.ts'
import { createNormal, createRandom } from './random.ts'
import { createKernelPool } from './thread-pool.ts'

const pool = await createKernelPool({ threads: 1 })
afterAll(() => pool.close())

test('clusterLarge divides what exceeds a part into parts, and every cell stays within a quarter above the mean of its part', async () => {
  const [items, dim] = [320_000, 8]
  const random = createRandom(3)
  const normal = createNormal(random)
  const centres = Float32Array.from({ length: 50 * dim }, normal)
  const rows = new Int8Array(items * dim)
  for (let item = 0; item < items; item++) {
    const centre = Math.floor(random() ** 2 * 50) * dim
    for (let d = 0; d < dim; d++) rows[item * dim + d] = 20 * (centres[centre + d] + 0.3 * normal())
  }
  const read = (item: number, into: Float32Array, at: number) => {
    for (let d = 0; d < dim; d++) into[at + d] = rows[item * dim + d]
  }
  const { count, assignment } = await clusterLarge({ items, dim, targetSize: 8_000, seed: 1, pool, read })
  const sizes = new Int32Array(count)
  for (const cell of assignment) sizes[cell]++
  expect(count).toBeGreaterThanOrEqual(39)
  expect(count).toBeLessThanOrEqual(41)
  expect(Math.min(...sizes)).toBeGreaterThan(0)
  expect(Math.max(...sizes)).toBeLessThan(8_000 * 1.3)
})
