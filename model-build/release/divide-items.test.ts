import { expect, test } from 'vitest'
import { createRandom } from '../train/random.ts'
import { createKernelPool } from '../train/thread-pool.ts'
import { divideItems, layerSizes } from './divide-items.ts'

const DIM = 4
const ITEMS = 400_000
const CELL_ITEMS = 25_000

test('layers grow until less than two of the next are left, and a small catalogue is one', () => {
  expect(layerSizes(399_999)).toEqual([399_999])
  expect(layerSizes(ITEMS)).toEqual([200_000, 200_000])
  expect(layerSizes(10_000_000)).toEqual([200_000, 800_000, 3_200_000, 5_800_000])
})

test('divideItems keeps long and short vectors apart, in cells of about equal size that look one way', async () => {
  const random = createRandom(3)
  const vectors = Float32Array.from({ length: ITEMS * DIM }, () => random() - 0.5)
  const read = (item: number, into: Float32Array, at: number) =>
    into.set(vectors.subarray(item * DIM, (item + 1) * DIM), at)
  const pool = await createKernelPool({})
  const options = { items: ITEMS, dim: DIM, cellItems: CELL_ITEMS, seed: 1, pool, read }
  const { count, assignment } = await divideItems(options)
  await pool.close()
  const cells = Array.from({ length: count }, () => ({ items: 0, shortest: 9, longest: 0, sum: new Float64Array(DIM) }))
  assignment.forEach((cell, item) => {
    const vector = vectors.subarray(item * DIM, (item + 1) * DIM)
    const length = Math.hypot(...vector)
    const own = cells[cell]
    own.items++
    own.shortest = Math.min(own.shortest, length)
    own.longest = Math.max(own.longest, length)
    vector.forEach((value, d) => {
      own.sum[d] += value / length
    })
  })
  expect(count).toBe(16)
  expect(Math.max(...cells.map(({ items }) => items))).toBeLessThanOrEqual(CELL_ITEMS * 1.25)
  const [long, short] = [cells.slice(0, 8), cells.slice(8)]
  expect(Math.min(...long.map(({ shortest }) => shortest))).toBeGreaterThan(
    Math.max(...short.map(({ longest }) => longest)),
  )
  for (const { sum, items } of cells) expect(Math.hypot(...sum) / items).toBeGreaterThan(0.6) // 0 for items of any direction
})
