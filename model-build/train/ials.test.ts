import { describe, expect, test } from 'vitest'
import { foldIn } from '#contract/fold-in'
import { computeGramian } from '#contract/gramian'
import type { Interactions } from '../dataset.ts'
import { trainIals } from './ials.ts'
import { clusteredLists, logFromLists } from './synthetic-log.ts'
import { createKernelPool } from './thread-pool.ts'

const options = { dim: 12, alpha0: 0.2, reg: 0.01, nu: 1, sweeps: 3, seed: 5 } as const
const log = logFromLists(clusteredLists({ users: 200, items: 60, clusters: 6, perUser: 9, seed: 3 }), 60)

/** The objective of the docstring, term by term in double precision. */
function objective(rows: Interactions, users: Float32Array, items: Float32Array, d: number): number {
  const { alpha0, reg } = options
  const score = (u: number, i: number) => {
    let sum = 0
    for (let k = 0; k < d; k++) sum += users[u * d + k] * items[i * d + k]
    return sum
  }
  const norm = (v: Float32Array, at: number) => v.subarray(at * d, at * d + d).reduce((sum, x) => sum + x * x, 0)
  const frequency = new Float64Array(rows.itemCount)
  let loss = 0
  for (let u = 0; u < rows.userCount; u++) {
    let total = 0
    for (let k = rows.userOffsets[u]; k < rows.userOffsets[u + 1]; k++) {
      loss += rows.weight[k] * (1 - score(u, rows.item[k])) ** 2
      frequency[rows.item[k]] += rows.weight[k]
      total += rows.weight[k]
    }
    for (let i = 0; i < rows.itemCount; i++) loss += alpha0 * score(u, i) ** 2
    loss += reg * (total + alpha0 * rows.itemCount) * norm(users, u)
  }
  for (let i = 0; i < rows.itemCount; i++) loss += reg * (frequency[i] + alpha0 * rows.userCount) * norm(items, i)
  return loss
}

describe('trainIals', () => {
  test('solves each user as the fold-in of the contract does', async () => {
    const weighted = { ...log, weight: log.weight.map((_, k) => 1 + (k % 4) / 2) }
    const model = await trainIals(weighted, options)
    const gramian = computeGramian(model.items, 12)
    const encoder = { type: 'ridge', alpha0: 0.2, reg: 0.01, nu: 1, itemCount: 60, ratio: 1 } as const
    for (const u of [0, 57, 199]) {
      const rows = [...weighted.item.keys()].slice(weighted.userOffsets[u], weighted.userOffsets[u + 1])
      const vectors = rows.map((k) => model.items.subarray(weighted.item[k] * 12, weighted.item[k] * 12 + 12))
      const exact = foldIn(
        encoder,
        gramian,
        vectors,
        Float64Array.from(rows, (k) => weighted.weight[k]),
      )
      const trained = model.users.subarray(u * 12, u * 12 + 12)
      for (let k = 0; k < 12; k++) expect(Math.abs(trained[k] - exact[k])).toBeLessThan(2e-5)
    }
  })

  test('lowers its objective with every sweep', async () => {
    const losses: number[] = []
    for (const sweeps of [1, 2, 4, 8]) {
      const model = await trainIals(log, { ...options, sweeps })
      losses.push(objective(log, model.users, model.items, 12))
    }
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1])
  })

  test('gives the same bits on one thread and on three', async () => {
    const models = []
    for (const threads of [1, 3]) {
      const pool = await createKernelPool({ threads })
      models.push(await trainIals(log, { ...options, pool }))
      await pool.close()
    }
    expect(models[1].items).toEqual(models[0].items)
    expect(models[1].users).toEqual(models[0].users)
  })

  test('learns from a subset of users exactly as from a log of those alone', async () => {
    const userSubset = Int32Array.from({ length: 100 }, (_, k) => k * 2)
    const lists = Array.from(userSubset, (u) => [...log.item.subarray(log.userOffsets[u], log.userOffsets[u + 1])])
    const [part, alone] = [
      await trainIals(log, { ...options, userSubset }),
      await trainIals(logFromLists(lists, 60), options),
    ]
    expect(part).toEqual(alone)
  })

  test('leaves items without interactions at zero and counts a repeated pair once', async () => {
    const once = logFromLists(
      [
        [0, 1],
        [1, 2],
        [0, 2],
      ],
      5,
    )
    const twice = logFromLists(
      [
        [0, 1, 0],
        [1, 2, 2],
        [0, 2],
      ],
      5,
    )
    const model = await trainIals(once, options)
    expect([...model.items.subarray(3 * 12)]).toEqual(new Array(24).fill(0))
    expect(await trainIals(twice, options)).toEqual(model)
  })
})
