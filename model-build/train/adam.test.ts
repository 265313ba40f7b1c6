import { expect, test } from 'vitest'
import { createAdam } from './adam.ts'
import { createKernelPool } from './thread-pool.ts'

test('a step takes the learning rate times the decay off each weight, and zeroes gradients', async () => {
  const pool = await createKernelPool({ threads: 1 })
  const values = pool.f32(256).fill(1)
  const gradients = pool.f32(256)
  gradients[0] = 5
  const step = createAdam(pool, [{ values, gradients }], 0.5)
  await step(0.1)
  expect(values[1]).toBeCloseTo(0.95, 6)
  expect(values[0]).toBeCloseTo(0.95 - 0.1, 6) // Adam's first step is as long as the rate, whatever the gradient
  expect(gradients.every((gradient) => gradient === 0)).toBe(true)
  await step(0.01) // a lower rate takes less off
  expect(values[1]).toBeCloseTo(0.95 * 0.995, 6)
  await pool.close()
})
