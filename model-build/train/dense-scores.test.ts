import { describe, expect, test } from 'vitest'
import { padRows, scoreAll } from './dense-scores.ts'
import { createRandom } from './random.ts'
import { createKernelPool } from './thread-pool.ts'

describe('scoreAll', () => {
  test('gives every inner product, whatever the sizes', async () => {
    const random = createRandom(2)
    const [dim, userCount, itemCount] = [11, 70, 53]
    const users = new Float32Array(userCount * dim).map(() => random() - 0.5)
    const items = new Float32Array(itemCount * dim).map(() => random() - 0.5)
    const pool = await createKernelPool({ threads: 2 })
    let worst = 0
    const visited: number[] = []
    await scoreAll(pool, padRows(pool, users, dim), padRows(pool, items, dim), (u, scores) => {
      visited.push(u)
      expect(scores.length).toBe(itemCount)
      for (let i = 0; i < itemCount; i++) {
        let sum = 0
        for (let k = 0; k < dim; k++) sum += users[u * dim + k] * items[i * dim + k]
        worst = Math.max(worst, Math.abs(sum - scores[i]))
      }
    })
    await pool.close()
    expect(visited).toEqual(Array.from({ length: userCount }, (_, u) => u))
    expect(worst).toBeLessThan(1e-6)
  })
})
