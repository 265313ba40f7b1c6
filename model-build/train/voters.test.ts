import { describe, expect, test } from 'vitest'
import { toSparseRows } from './interaction-matrix.ts'
import { clusteredLists, logFromLists } from './synthetic-log.ts'
import { createKernelPool } from './thread-pool.ts'
import { chooseMethod, trainVoters, type Voters } from './voters.ts'

const lists = clusteredLists({ users: 300, items: 150, clusters: 8, perUser: 10, seed: 9 })
const log = logFromLists(lists, 150)

/** EASE's weight matrix by Gauss-Jordan in double precision: B[i][j] = -P_ij / P_jj. */
function exactEase(rows: readonly (readonly number[])[], n: number, lambda: number): number[][] {
  const a = Array.from({ length: n }, (_, i) =>
    Array.from({ length: 2 * n }, (_, j) => (j === i ? lambda : j === n + i ? 1 : 0)),
  )
  for (const row of rows) for (const i of new Set(row)) for (const j of new Set(row)) a[i][j] += 1
  for (let p = 0; p < n; p++) {
    const pivot = a[p][p]
    for (let j = 0; j < 2 * n; j++) a[p][j] /= pivot
    for (let i = 0; i < n; i++) {
      const factor = a[i][p]
      if (i !== p && factor !== 0) for (let j = 0; j < 2 * n; j++) a[i][j] -= factor * a[p][j]
    }
  }
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 0 : -a[i][n + j] / a[j][n + j])),
  )
}

/** Rows of the directed regression: each whole list, and for each moment of it what came before and after, fading by 2^(-1/3) a step. */
function momentsOf(lists: readonly (readonly number[])[], n: number) {
  const before: number[][] = []
  const after: number[][] = []
  const row = (entries: readonly (readonly [number, number])[]) => {
    const values = new Array<number>(n).fill(0)
    for (const [item, value] of entries) values[item] = value
    return values
  }
  for (const list of lists) {
    const whole = row(list.map((item) => [item, 1]))
    before.push(whole)
    after.push(whole)
    for (let t = 1; t < list.length; t++) {
      before.push(row(list.slice(0, t).map((item, j) => [item, 2 ** (-(t - 1 - j) / 3)])))
      after.push(row(list.slice(t).map((item, i) => [item, 2 ** (-i / 3)])))
    }
  }
  return { before, after }
}

/** Ridge regression of one column of `after` on some columns of `before`, by Gauss-Jordan in double precision. */
function leastSquares(
  before: readonly number[][],
  after: readonly number[][],
  {
    sources,
    target,
    lambda,
  }: { readonly sources: readonly number[]; readonly target: number; readonly lambda: number },
): number[] {
  const sum = (value: (row: number) => number) => before.reduce((total, _, row) => total + value(row), 0)
  const a = sources.map((i, r) => [
    ...sources.map((j, c) => sum((row) => before[row][i] * before[row][j]) + (r === c ? lambda : 0)),
    sum((row) => before[row][i] * after[row][target]),
  ])
  for (let p = 0; p < a.length; p++) {
    a[p] = a[p].map((value) => value / a[p][p])
    a.forEach((row, i) => {
      if (i !== p) a[i] = row.map((value, c) => value - row[p] * a[p][c])
    })
  }
  return a.map((row) => row[sources.length])
}

function weightsInto(voters: Voters, item: number): Map<number, number> {
  const into = new Map<number, number>()
  for (let k = voters.offsets[item]; k < voters.offsets[item + 1]; k++) into.set(voters.source[k], voters.weight[k])
  return into
}

function largestError(voters: Voters, exact: number[][], limit: number): number {
  let error = 0
  for (let j = 0; j < exact.length; j++) {
    const column = exact.map((row) => row[j]).sort((a, b) => b - a)
    const into = weightsInto(voters, j)
    expect(into.size).toBe(Math.min(limit, column.filter((w) => w > 0).length))
    for (const [source, weight] of into) {
      error = Math.max(error, Math.abs(weight - exact[source][j]), column[limit - 1] - weight)
    }
  }
  return error
}

describe('trainVoters', () => {
  test('keeps the largest weights of exact EASE into each item', async () => {
    const voters = await trainVoters(log, { votersPerItem: 7, minSupport: 1, lambda: 20, method: 'ease' })
    expect(voters.method).toBe('ease')
    expect(largestError(voters, exactEase(lists, 150, 20), 7)).toBeLessThan(1e-5)
  })

  test('finds the same through the users where they are few', async () => {
    const few = lists.slice(0, 40)
    const voters = await trainVoters(logFromLists(few, 150), {
      votersPerItem: 5,
      minSupport: 1,
      lambda: 5,
      method: 'auto',
    })
    expect(voters.method).toBe('ease-dual')
    const exact = exactEase(few, 150, 5)
    for (let j = 0; j < 150; j++) {
      for (const [source, weight] of weightsInto(voters, j))
        expect(Math.abs(weight - exact[source][j])).toBeLessThan(1e-5)
    }
  })

  test('equals exact EASE in the sparse method when every item is a neighbour', async () => {
    const dense = lists.map((list) => list.map((i) => i % 16))
    const voters = await trainVoters(logFromLists(dense, 16), {
      votersPerItem: 6,
      minSupport: 1,
      lambda: 10,
      method: 'sparse',
      neighbours: 16,
    })
    expect(largestError(voters, exactEase(dense, 16, 10), 6)).toBeLessThan(1e-5)
  })

  test('directed, equals a regression of what came after each moment on what came before it', async () => {
    const dense = lists.map((list) => [...new Set(list.map((i) => (i * 7) % 16))])
    const lambda = 10
    const options = { votersPerItem: 15, minSupport: 1, lambda, method: 'directed', neighbours: 16 } as const
    const voters = await trainVoters(logFromLists(dense, 16), options)
    expect(voters.method).toBe('directed')
    const { before, after } = momentsOf(dense, 16)
    for (let j = 0; j < 16; j++) {
      const others = Array.from({ length: 16 }, (_, i) => i).filter((i) => i !== j)
      const exact = leastSquares(before, after, { sources: others, target: j, lambda })
      const into = weightsInto(voters, j)
      expect(into.size).toBe(exact.filter((weight) => weight > 0).length)
      for (const [source, weight] of into) expect(weight).toBeCloseTo(exact[others.indexOf(source)], 4)
    }
  })

  test('directed, finds what follows, where undirected voters cannot tell', async () => {
    const next = Array.from({ length: 240 }, (_, u) => [0, 1, 2, 3, 4].map((k) => (u + k) % 12))
    const shared = { votersPerItem: 11, minSupport: 1, lambda: 5 } as const
    const directed = weightsInto(await trainVoters(logFromLists(next, 12), { ...shared, method: 'directed' }), 6)
    const undirected = weightsInto(await trainVoters(logFromLists(next, 12), { ...shared, method: 'sparse' }), 6)
    expect(undirected.get(5)).toBeCloseTo(undirected.get(7) ?? 0, 3)
    expect(directed.get(5)).toBeGreaterThan(2 * (directed.get(7) ?? 0))
  })

  test.each(['ease', 'sparse', 'directed'] as const)(
    'drops pairs that fewer than minSupport users share (%s)',
    async (method) => {
      const voters = await trainVoters(log, { minSupport: 4, lambda: 20, method })
      const users = lists.map((list) => new Set(list))
      expect(voters.source.length).toBeGreaterThan(100)
      for (let j = 0; j < 150; j++) {
        for (const source of weightsInto(voters, j).keys()) {
          expect(users.filter((user) => user.has(j) && user.has(source)).length).toBeGreaterThanOrEqual(4)
        }
      }
    },
  )

  test.each(['ease', 'sparse', 'directed'] as const)(
    'gives the same bits on one thread and on three (%s)',
    async (method) => {
      const all: Voters[] = []
      for (const threads of [1, 3]) {
        const pool = await createKernelPool({ threads })
        all.push(await trainVoters(log, { minSupport: 2, lambda: 20, method, pool }))
        await pool.close()
      }
      expect(all[1]).toEqual(all[0])
    },
  )

  test('lists sources ascending and gives untouched items no voters', async () => {
    const voters = await trainVoters(logFromLists(lists, 152), { minSupport: 1, lambda: 20, method: 'sparse' })
    expect(voters.offsets[152]).toBe(voters.offsets[150])
    for (let j = 0; j < 150; j++) {
      const sources = [...weightsInto(voters, j).keys()]
      expect(sources).toEqual(sources.toSorted((a, b) => a - b))
    }
  })
})

describe('chooseMethod', () => {
  test('goes sparse beyond the dense limit unless users are few', () => {
    const rows = (users: number, items: number) => ({ ...toSparseRows(log), rowCount: users, columnCount: items })
    expect(chooseMethod('auto', rows(20_000, 12_000))).toBe('ease')
    expect(chooseMethod('auto', rows(20_000, 12_001))).toBe('sparse')
    expect(chooseMethod('auto', rows(2_000, 30_000))).toBe('ease-dual')
  })
})
