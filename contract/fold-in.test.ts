import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldIn, historyWeights, type RidgeEncoder } from './fold-in.ts'
import { computeGramian } from './gramian.ts'
import { seededRandom } from './samples.conformance.ts'

/** Solves a dense system by Gaussian elimination with partial pivoting: slow, plain and written apart from the code under test. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, r) => [...row, right[r]])
  const n = rows.length
  for (let c = 0; c < n; c++) {
    let pivot = c
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r
    ;[rows[c], rows[pivot]] = [rows[pivot], rows[c]]
    for (let r = c + 1; r < n; r++) {
      const factor = rows[r][c] / rows[c][c]
      for (let k = c; k <= n; k++) rows[r][k] -= factor * rows[c][k]
    }
  }
  const x = new Array<number>(n).fill(0)
  for (let r = n - 1; r >= 0; r--) {
    let sum = rows[r][n]
    for (let c = r + 1; c < n; c++) sum -= rows[r][c] * x[c]
    x[r] = sum / rows[r][r]
  }
  return x
}

type Case = {
  encoder: RidgeEncoder
  dim: number
  catalogue: Float32Array
  history: Float32Array[]
  weights: Float64Array
}

function caseOf(seed: number, dim: number, nu: RidgeEncoder['nu']): Case {
  const random = seededRandom(seed)
  const vector = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1)
  const itemCount = dim * 4
  const history = Array.from({ length: 1 + Math.floor(random() * 20) }, () => vector(dim))
  const encoder: RidgeEncoder = { type: 'ridge', alpha0: 0.1, reg: 0.003, nu, itemCount, ratio: 0.9 }
  const weights = historyWeights(history.length, encoder.ratio)
  return { encoder, dim, catalogue: vector(itemCount * dim), history, weights }
}

/** The closed form of the docstring, written out. */
function naive({ encoder, dim, history, weights }: Case, packed: Float32Array): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const ridge = encoder.reg * (total + encoder.alpha0 * encoder.itemCount) ** encoder.nu
  const entry = (r: number, c: number) => packed[(Math.max(r, c) * (Math.max(r, c) + 1)) / 2 + Math.min(r, c)]
  const matrix = Array.from({ length: dim }, (_, r) =>
    Array.from({ length: dim }, (__, c) =>
      history.reduce(
        (sum, v, h) => sum + weights[h] * v[r] * v[c],
        encoder.alpha0 * entry(r, c) + (r === c ? ridge : 0),
      ),
    ),
  )
  const right = Array.from({ length: dim }, (_, r) => history.reduce((sum, v, h) => sum + weights[h] * v[r], 0))
  return solve(matrix, right)
}

const sizeOf = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0))

describe('foldIn', () => {
  test('solves one dimension by hand', () => {
    const encoder: RidgeEncoder = { type: 'ridge', alpha0: 0.5, reg: 0.25, nu: 1, itemCount: 4, ratio: 1 }
    const user = foldIn(encoder, { dim: 1, packed: Float32Array.of(6) }, [Float32Array.of(2)], Float64Array.of(1))
    expect(user).toEqual(Float32Array.of(2 / (4 + 3 + 0.25 * 3)))
  })

  test.each([0, 0.5, 1] as const)('equals a naive dense solve with nu %d', (nu) => {
    for (const [seed, dim] of [2, 3, 8, 17, 64].entries()) {
      const sample = caseOf(seed + 1, dim, nu)
      const gramian = computeGramian(sample.catalogue, dim)
      const expected = naive(sample, gramian.packed)
      const user = foldIn(sample.encoder, gramian, sample.history, sample.weights)
      // The result is single precision: each value is the nearest float to one within 1e-9 of the naive solution.
      const near = 1e-9 * sizeOf(expected)
      const wrong = expected.filter(
        (value, d) => user[d] < Math.fround(value - near) || user[d] > Math.fround(value + near),
      )
      expect(wrong).toEqual([])
    }
  })

  test('gives the same bits each time', () => {
    const sample = caseOf(7, 32, 1)
    const solveOnce = () => foldIn(sample.encoder, computeGramian(sample.catalogue, 32), sample.history, sample.weights)
    expect(solveOnce()).toEqual(solveOnce())
  })

  test('gives zeros for an empty history', () => {
    const sample = caseOf(1, 5, 1)
    const user = foldIn(sample.encoder, computeGramian(sample.catalogue, 5), [], new Float64Array(0))
    expect(user).toEqual(new Float32Array(5))
  })

  test('changes neither the Gramian nor the history', () => {
    const sample = caseOf(2, 6, 0.5)
    const gramian = computeGramian(sample.catalogue, 6)
    const before = structuredClone({ gramian, sample })
    foldIn(sample.encoder, gramian, sample.history, sample.weights)
    expect({ gramian, sample }).toEqual(before)
  })

  test('refuses a system that is not positive definite with model-malformed', () => {
    const encoder: RidgeEncoder = { type: 'ridge', alpha0: 1, reg: 0, nu: 1, itemCount: 1, ratio: 1 }
    for (const entry of [-10, Number.NaN])
      expect(() =>
        foldIn(encoder, { dim: 1, packed: Float32Array.of(entry) }, [Float32Array.of(1)], Float64Array.of(1)),
      ).toThrow(expect.objectContaining({ code: 'model-malformed' }))
  })
})

describe('historyWeights', () => {
  test('are powers of the ratio, the latest first', () => {
    expect([...historyWeights(4, 0.5)]).toEqual([1, 0.5, 0.25, 0.125])
    expect([...historyWeights(3, 1)]).toEqual([1, 1, 1])
    expect(historyWeights(0, 0.9)).toHaveLength(0)
  })
})

describe('computeGramian', () => {
  test('sums outer products of rows', () => {
    expect(computeGramian(Float32Array.of(1, 2, 3, 4), 2)).toEqual({ dim: 2, packed: Float32Array.of(10, 14, 20) })
  })

  test('has a quadratic form equal to the sum of squared products', () => {
    const values = fc.integer({ min: -8, max: 8 })
    const rows = fc.array(values, { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(rows, fc.array(values, { minLength: 3, maxLength: 3 }), (list, x) => {
        const { packed } = computeGramian(Float32Array.from(list), 3)
        let form = 0
        for (let r = 0, k = 0; r < 3; r++)
          for (let c = 0; c <= r; c++) form += packed[k++] * x[r] * x[c] * (r === c ? 1 : 2)
        let squares = 0
        for (let i = 0; i < 12; i += 3) squares += (list[i] * x[0] + list[i + 1] * x[1] + list[i + 2] * x[2]) ** 2
        expect(form).toBe(squares)
      }),
      { seed: 20_261_120, numRuns: 100 },
    )
  })
})
