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

/** Each list as a row of 0 and 1. */
function wholeRows(lists: readonly (readonly number[])[], n: number): number[][] {
  return lists.map((list) => Array.from({ length: n }, (_, i) => (list.includes(i) ? 1 : 0)))
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

/** Sums over rows of the products of their columns. */
function products(left: readonly number[][], right: readonly number[][]): number[][] {
  return left[0].map((_, i) => right[0].map((_, j) => left.reduce((sum, row, r) => sum + row[i] * right[r][j], 0)))
}

/** Ridge regression of column `target` on some others by Gauss-Jordan in double precision: weights by source. */
function regression(
  { gram, cross }: { readonly gram: number[][]; readonly cross: number[][] },
  {
    sources,
    target,
    lambda,
  }: { readonly sources: readonly number[]; readonly target: number; readonly lambda: number },
): Map<number, number> {
  const a = sources.map((i, r) => [...sources.map((j, c) => gram[i][j] + (r === c ? lambda : 0)), cross[i][target]])
  for (let p = 0; p < a.length; p++) {
    a[p] = a[p].map((value) => value / a[p][p])
    a.forEach((row, i) => {
      if (i !== p) a[i] = row.map((value, c) => value - row[p] * a[p][c])
    })
  }
  return new Map(a.map((row, k) => [sources[k], row[sources.length]] as const))
}

type Options = {
  readonly mean: number
  readonly minSupport?: number
  readonly lambda: number
  readonly against?: boolean
}

/** Picks by weights of all pairs, found under ten times the ridge, and solves the regression on what was picked. */
function reference(
  sums: { readonly gram: number[][]; readonly cross: number[][] },
  pairs: number[][],
  { mean, minSupport = 1, lambda, against = false }: Options,
): Map<number, number>[] {
  const size = (weight: number) => (against ? Math.abs(weight) : weight)
  const found = pairs.map((_, target) => {
    const into = pairs.map((row, source) => [source, row[target]] as const)
    const able = into.filter(([source, weight]) => size(weight) > 0 && sums.gram[source][target] >= minSupport)
    return able.sort((a, b) => size(b[1]) - size(a[1])).slice(0, 12 * mean)
  })
  const largest = found.flatMap((row) => row.map(([, weight]) => size(weight))).sort((a, b) => b - a)
  const least = largest[mean * found.filter((row) => row.length > 0).length - 1] ?? 0
  return found.map((row, target) => {
    const sources = row.filter(([, weight], k) => k < 3 || size(weight) >= least).map(([source]) => source)
    const ridge = lambda * Math.sqrt(Math.max(1, sources.length / mean))
    const weights = regression(sums, { sources, target, lambda: ridge })
    return new Map([...weights].filter(([, weight]) => against || weight > 0))
  })
}

function undirected(lists: readonly (readonly number[])[], n: number, options: Options): Map<number, number>[] {
  const rows = wholeRows(lists, n)
  const gram = products(rows, rows)
  return reference({ gram, cross: gram }, exactEase(lists, n, 10 * options.lambda), options)
}

function weightsInto(voters: Voters, item: number): Map<number, number> {
  const into = new Map<number, number>()
  for (let k = voters.offsets[item]; k < voters.offsets[item + 1]; k++) into.set(voters.source[k], voters.weight[k])
  return into
}

function expectVoters(voters: Voters, expected: readonly Map<number, number>[]): void {
  expected.forEach((weights, item) => {
    const into = weightsInto(voters, item)
    expect([...into.keys()]).toEqual([...weights.keys()].sort((a, b) => a - b))
    for (const [source, weight] of into) expect(weight).toBeCloseTo(weights.get(source) ?? Number.NaN, 4)
  })
}

describe('trainVoters', () => {
  test('picks by exact EASE, more for popular items than for rare ones, and solves again on what was picked', async () => {
    const voters = await trainVoters(log, { votersPerItem: 7, minSupport: 1, lambda: 5, method: 'ease' })
    expect(voters.method).toBe('ease')
    expectVoters(voters, undirected(lists, 150, { mean: 7, lambda: 5 }))
    const sizes = Array.from({ length: 150 }, (_, i) => voters.offsets[i + 1] - voters.offsets[i])
    expect(Math.max(...sizes)).toBeGreaterThan(10)
    expect(voters.source.length).toBeLessThanOrEqual(150 * 7)
  })

  test('keeps what speaks against an item, where asked to', async () => {
    const options = { minSupport: 1, lambda: 0.5, against: true } as const
    const voters = await trainVoters(log, { ...options, votersPerItem: 7, method: 'ease' })
    expect(voters.weight.filter((weight) => weight < 0).length).toBeGreaterThan(100)
    // EASE knows weights of pairs that nobody shares; those count as well.
    expectVoters(voters, undirected(lists, 150, { ...options, minSupport: 0, mean: 7 }))
  })

  test('finds the same through the users where they are few', async () => {
    const few = clusteredLists({ users: 40, items: 200, clusters: 4, perUser: 20, seed: 9 })
    const options = { votersPerItem: 5, minSupport: 3, lambda: 2, method: 'auto' } as const
    const voters = await trainVoters(logFromLists(few, 200), options)
    expect(voters.method).toBe('ease-dual')
    expect(voters.source.length).toBeGreaterThan(100)
    expectVoters(voters, undirected(few, 200, { mean: 5, minSupport: 3, lambda: 2 }))
  })

  test('finds the same in the sparse method when every item is a neighbour', async () => {
    const dense = lists.map((list) => list.map((i) => i % 16))
    const options = { votersPerItem: 6, minSupport: 1, lambda: 3, method: 'sparse', neighbours: 16 } as const
    expectVoters(await trainVoters(logFromLists(dense, 16), options), undirected(dense, 16, { mean: 6, lambda: 3 }))
  })

  test('directed, equals a regression of what came after each moment on what came before it', async () => {
    const dense = lists.map((list) => [...new Set(list.map((i) => (i * 7) % 16))])
    const options = { votersPerItem: 6, minSupport: 1, lambda: 3, method: 'directed', neighbours: 16 } as const
    const voters = await trainVoters(logFromLists(dense, 16), options)
    expect(voters.method).toBe('directed')
    const { before, after } = momentsOf(dense, 16)
    const sums = { gram: products(before, before), cross: products(before, after) }
    const items = Array.from({ length: 16 }, (_, i) => i)
    const into = items.map((target) => {
      return regression(sums, { sources: items.filter((i) => i !== target), target, lambda: 30 })
    })
    const pairs = items.map((source) => items.map((target) => into[target].get(source) ?? 0))
    expectVoters(voters, reference(sums, pairs, { mean: 6, lambda: 3 }))
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
