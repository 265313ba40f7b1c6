import { describe, expect, test } from 'vitest'
import { freshHitChance, HIST_PRIME, histThreshold, vecThreshold, wantedHitChance } from './chance.ts'
import { normalAbove, vecScale } from './normal-law.ts'
import { PRESETS } from './presets.ts'

const EPSILONS = [1, 2, 4]

/** Log of how much likelier a hit is than a miss, relative to a fresh seed. */
function lossOf(a: number, epsilon: number): number {
  const p = wantedHitChance(a, epsilon)
  return Math.log(p / a / ((1 - p) / (1 - a)))
}

describe('chances of the randomiser', () => {
  test.each(EPSILONS)('lose exactly epsilon %d for histograms, yes-or-no and vectors', (epsilon) => {
    for (const type of ['hist', 'bin', 'vec'] as const)
      expect(Math.abs(lossOf(freshHitChance(type, epsilon), epsilon) - epsilon), type).toBeLessThanOrEqual(1e-6)
  })

  test('count the seeds of a histogram that hit: T of q', () => {
    expect(isPrime(HIST_PRIME)).toBe(true)
    expect(histThreshold(2)).toBe(Math.round(67_108_859 / (Math.exp(2) + 1)))
    expect(freshHitChance('hist', 2) * HIST_PRIME).toBe(histThreshold(2))
    expect(wantedHitChance(freshHitChance('hist', 2), 2)).toBeCloseTo(0.5, 7)
  })

  test.each(EPSILONS)('take the constants of vectors at epsilon %d from the normal law', (epsilon) => {
    const z = vecThreshold(epsilon)
    expect(Math.abs(freshHitChance('vec', epsilon) - normalAbove(z))).toBeLessThanOrEqual(1e-15)
    for (const other of [z - 0.002, z + 0.002]) expect(vecScale(epsilon, other)).toBeLessThan(vecScale(epsilon))
  })

  test('agree with the reference to its three digits', () => {
    const table = EPSILONS.map((epsilon) =>
      [freshHitChance('vec', epsilon), vecScale(epsilon)].map((x) => x.toFixed(3)),
    )
    expect(table).toEqual([
      ['0.345', '0.397'],
      ['0.216', '0.786'], // the reference rounds .78648 up to .787
      ['0.065', '1.516'],
    ])
  })

  test('have constants for every preset and none for other budgets', () => {
    for (const { epsilon } of Object.values(PRESETS)) expect(freshHitChance('vec', epsilon)).toBeGreaterThan(0)
    expect(freshHitChance('vec', 3)).toBeNaN()
  })
})

describe('normalAbove', () => {
  test.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [-1, 0.841344746068543],
    [1.959963984540054, 0.025],
    [3, 0.001349898031630095],
  ])('gives the tail at %d', (x, tail) => {
    expect(Math.abs(normalAbove(x) - tail)).toBeLessThanOrEqual(1e-15)
  })
})

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
}
