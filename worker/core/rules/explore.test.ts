import { describe, expect, test } from 'vitest'
import { seededRandom } from '../synthetic-model.ts'
import { type Exploration, explore } from './explore.ts'
import { createPool, type Pool } from './pool.ts'
import { type BetaPrior, createThompson } from './thompson.ts'

function pool(count: number): Pool {
  const flat = {
    category: new Uint16Array(count),
    createdDay: new Uint16Array(count),
    vectors: new Float32Array(count),
    dim: 1,
  }
  return createPool(
    Float32Array.from({ length: count }, (_, k) => -k),
    Uint32Array.from({ length: count }, (_, k) => k),
    flat,
  )
}

const PRIORS: readonly BetaPrior[] = [
  { mean: 0.05, strength: 200 },
  { mean: 0.06, strength: 40 },
  { mean: 0.02, strength: 100 },
  { mean: 0.1, strength: 10 },
  { mean: 0, strength: 0 },
]
const uniform: Exploration = { epsilon: 0.4, armOf: null }
const thompson: Exploration = { ...uniform, armOf: (candidate) => ({ prior: PRIORS[candidate], misses: 0 }) }

function chancesOf(priors: readonly BetaPrior[], misses: readonly number[]): Float64Array {
  return createThompson(priors.map((prior, k) => ({ prior, misses: misses[k] })))([...priors.keys()])
}

/** Draws from Beta(a, b) as a / (a + b) of two gamma variates of whole-number shape. */
function betaDraw(a: number, b: number, rng: () => number): number {
  const gamma = (shape: number) => {
    let sum = 0
    for (let k = 0; k < shape; k++) sum -= Math.log(1 - rng())
    return sum
  }
  const x = gamma(a)
  return x / (x + gamma(b))
}

describe('createThompson', () => {
  test('are the shares of draws in which an item is the largest', () => {
    const priors = [
      { mean: 0.1, strength: 100 },
      { mean: 0.2, strength: 20 },
      { mean: 0.05, strength: 60 },
    ]
    const chances = chancesOf(priors, [0, 4, 0])
    const wins = [0, 0, 0]
    const rng = seededRandom(3)
    for (let n = 0; n < 20_000; n++) {
      const draws = [betaDraw(10, 90, rng), betaDraw(4, 20, rng), betaDraw(3, 57, rng)]
      wins[draws.indexOf(Math.max(...draws))]++
    }
    for (const [k, won] of wins.entries()) expect(Math.abs(chances[k] - won / 20_000)).toBeLessThan(0.02)
  })

  test('sum to 1, favour the unsure, and are alike where nothing is known', () => {
    const chances = chancesOf(PRIORS, [0, 0, 0, 0, 0])
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12)
    expect(chances[3]).toBeGreaterThan(chances[0])
    expect(chances[0]).toBeGreaterThan(chances[2])
    const strangers = chancesOf([PRIORS[4], PRIORS[4], PRIORS[4], PRIORS[4]], [0, 0, 0, 0])
    for (const chance of strangers) expect(chance).toBeCloseTo(0.25, 12)
  })

  test('fall with each showing that brought no click', () => {
    const chanceAfter = (misses: number) => chancesOf(PRIORS, [0, 0, 0, misses, 0])[3]
    expect(chanceAfter(3)).toBeLessThan(chanceAfter(0))
    expect(chanceAfter(30)).toBeLessThan(chanceAfter(3) / 2)
  })
})

describe.each([
  ['ε-greedy', uniform],
  ['Thompson sampling', thompson],
])('explore by %s', (_, exploration) => {
  test('logs propensities that sum to 1 at a place and are how often each item stands there (chi-square, 0.1 %)', () => {
    const made = pool(PRIORS.length)
    const rng = seededRandom(5)
    const seen = new Map<number, { shown: number; propensity: number }>()
    const runs = 5_000
    for (let n = 0; n < runs; n++) {
      const [{ candidate, propensity }] = explore(made, 1, exploration, rng)
      seen.set(candidate, { shown: (seen.get(candidate)?.shown ?? 0) + 1, propensity })
    }
    const all = [...seen.values()]
    expect(all.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(1, 9)
    const chi = all.reduce(
      (sum, { shown, propensity }) => sum + (shown - runs * propensity) ** 2 / (runs * propensity),
      0,
    )
    expect(chi).toBeLessThan(18.47) // 4 degrees of freedom
  })

  test('gives the propensity of the second place given the first', () => {
    const made = pool(3)
    const rng = seededRandom(8)
    const pairs = new Map<string, { shown: number; propensity: number }>()
    for (let n = 0; n < 5_000; n++) {
      const list = explore(made, 2, exploration, rng)
      const key = list.map(({ candidate }) => candidate).join()
      const propensity = list[0].propensity * list[1].propensity
      pairs.set(key, { shown: (pairs.get(key)?.shown ?? 0) + 1, propensity })
    }
    const all = [...pairs.values()]
    expect(pairs.size).toBe(6)
    expect(all.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(1, 9)
    for (const { shown, propensity } of all) expect(Math.abs(shown / 5_000 - propensity)).toBeLessThan(0.025)
  })

  test('shows each item once', () => {
    const list = explore(pool(5), 9, exploration, seededRandom(2))
    expect(list.map(({ candidate }) => candidate).sort()).toEqual([0, 1, 2, 3, 4])
  })
})

test('explore without ε never asks for chance', () => {
  const rng = (): number => {
    throw new Error('asked')
  }
  const list = explore(pool(3), 3, { ...thompson, epsilon: 0 }, rng)
  expect(list.map(({ candidate, propensity }) => [candidate, propensity])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ])
})
