import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRandom } from './random.ts'
import { createKernelPool, type KernelPool } from './thread-pool.ts'

let one: KernelPool
let two: KernelPool

beforeAll(async () => {
  one = await createKernelPool({ threads: 1 })
  two = await createKernelPool({ threads: 2 })
})

afterAll(async () => {
  await Promise.all([one.close(), two.close()])
})

async function multiply(
  pool: KernelPool,
  m: number,
  k: number,
  n: number,
): Promise<{ c: Float32Array; exact: Float64Array }> {
  return pool.scope(async () => {
    const random = createRandom(7)
    const a = pool.f32(m * k).map(() => random() - 0.5)
    const b = pool.f32(k * n).map(() => random() - 0.5)
    const [left, right] = [pool.copyF32(a), pool.copyF32(b)]
    const panels = pool.f32(k * n)
    const c = pool.f32(m * n)
    await pool.run({ kernel: 'packPanels', tasks: n / 8, args: [right.byteOffset, panels.byteOffset, k, n] })
    const args = [left.byteOffset, panels.byteOffset, c.byteOffset, k, n]
    await pool.run({ kernel: 'gemm', tasks: m / 8, scratchBytes: 32 * k, args })
    const exact = new Float64Array(m * n)
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) exact[i * n + j] += a[i * k + p] * b[p * n + j]
    }
    return { c: c.slice(), exact }
  })
}

describe('createKernelPool', () => {
  test('multiplies matrices to single precision', async () => {
    const { c, exact } = await multiply(two, 40, 37, 24)
    for (let k = 0; k < c.length; k++) expect(Math.abs(c[k] - exact[k])).toBeLessThan(2e-6)
  })

  test('gives the same bits with one thread and with two', async () => {
    const single = await multiply(one, 64, 50, 32)
    const double = await multiply(two, 64, 50, 32)
    expect(double.c).toEqual(single.c)
  })

  test('reuses the memory of a scope that ended, cleared', async () => {
    const first = await one.scope(async () => one.f32(10).fill(3).byteOffset)
    const second = await one.scope(async () => one.f32(10))
    expect(second.byteOffset).toBe(first)
    expect([...second]).toEqual(new Array(10).fill(0))
  })

  test('grows past its first pages without losing what was there', async () => {
    await one.scope(async () => {
      const before = one.f32(4).fill(2)
      const large = one.f32(1_000_000)
      large[999_999] = 5
      expect([before[3], large[999_999]]).toEqual([2, 5])
    })
  })

  test('refuses every job after it was closed', async () => {
    const pool = await createKernelPool({ threads: 2 })
    await pool.close()
    await expect(pool.run({ kernel: 'gemm', tasks: 1, args: [] })).rejects.toThrow(/thread ended/)
  })

  test('refuses a second job while one runs', async () => {
    const running = two.run({ kernel: 'gemm', tasks: 0, args: [] })
    await expect(two.run({ kernel: 'gemm', tasks: 0, args: [] })).rejects.toThrow(/one job at a time/)
    await running
  })
})
