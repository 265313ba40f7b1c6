import { describe, expect, test } from 'vitest'
import type { Shape } from '#contract/feedback/seeds'
import { addSeed, sumLength } from '#contract/feedback/sums'
import { type Answer, randomise } from '#worker/core/feedback/randomise'
import { testWords } from './device-reports.conformance.ts'
import { type Estimate, estimate } from './estimate.ts'

function estimateOf(shape: Shape, answers: readonly Answer[], seed: number): Estimate {
  const words = testWords(seed)
  const sum = new Float64Array(sumLength(shape))
  for (const answer of answers) addSeed(shape, randomise(shape, answer, words), sum)
  return estimate(shape, answers.length, sum)
}

/** Errors of all cells in units of what the estimator predicts. */
function zipfErrors(seed: number): number[] {
  const words = testWords(seed)
  const weights = Array.from({ length: 1_024 }, (_, cell) => 1 / (cell + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  const edges = weights.map((weight) => {
    sum += weight / total
    return sum
  })
  const counts = new Float64Array(1_024)
  const answers = Array.from({ length: 200_000 }, () => {
    const drawn = words() / 2 ** 32
    const cell = edges.findIndex((edge) => edge > drawn)
    const known = cell < 0 ? 1_023 : cell
    counts[known]++
    return known
  })
  const found = estimateOf({ type: 'hist', size: 1_024, epsilon: 2 }, answers, 50 + seed)
  return Array.from(found.mean, (mean, cell) => (mean - counts[cell] / 200_000) / Math.sqrt(found.variance[cell]))
}

describe('estimate', () => {
  test('is unbiased and knows its error on 200,000 answers of a Zipf law over 1,024 cells, four times', () => {
    // One run in twenty leaves these bands by chance, since cells share seeds: hence four fixed runs together.
    const z = [1, 2, 3, 4].flatMap((seed) => zipfErrors(seed))
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length
    const square = z.reduce((sum, value) => sum + value * value, 0) / z.length
    const covered = z.filter((value) => Math.abs(value) <= 1.96).length / z.length
    expect(Math.abs(mean)).toBeLessThanOrEqual(0.15)
    expect(square).toBeGreaterThanOrEqual(0.9)
    expect(square).toBeLessThanOrEqual(1.1)
    expect(covered).toBeGreaterThanOrEqual(0.93)
    expect(covered).toBeLessThanOrEqual(0.97)
  })

  test.each([1, 2])(
    'misses the mean vector by what it predicts (epsilon %d)',
    (epsilon) => {
      const size = 64
      const answer = Float64Array.from({ length: size }, (_, d) => (d % 3) / 30)
      const answers = Array.from({ length: 20_000 }, () => answer)
      let squares = 0
      const runs = 6
      for (let run = 0; run < runs; run++) {
        const found = estimateOf({ type: 'vec', size, epsilon }, answers, 10 + run)
        found.mean.forEach((mean, d) => {
          squares += (mean - answer[d]) ** 2 / found.variance[d]
        })
      }
      const ratio = Math.sqrt(squares / (runs * size))
      expect(ratio).toBeGreaterThanOrEqual(0.95)
      expect(ratio).toBeLessThanOrEqual(1.07)
    },
    60_000,
  )

  test('finds the share of yes within its error', () => {
    const found = estimateOf(
      { type: 'bin', size: 2, epsilon: 2 },
      Array.from({ length: 40_000 }, (_, i) => (i % 5 < 2 ? 1 : 0)),
      30,
    )
    expect(Math.abs(found.mean[0] - 0.4)).toBeLessThanOrEqual(4 * Math.sqrt(found.variance[0]))
    expect(Math.sqrt(found.variance[0])).toBeCloseTo(0.5 / 200 / 0.7616, 4)
  })

  test('takes zero vectors for zero', () => {
    const found = estimateOf(
      { type: 'vec', size: 15, epsilon: 2 },
      Array.from({ length: 20_000 }, () => new Float64Array(15)),
      31,
    )
    for (const [d, mean] of found.mean.entries())
      expect(Math.abs(mean)).toBeLessThanOrEqual(4.5 * Math.sqrt(found.variance[d]))
  })
})
