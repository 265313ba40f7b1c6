import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freshHitChance, vecThreshold, wantedHitChance } from '#contract/feedback/chance'
import { fillNormals, hits, type Seed, type Shape } from '#contract/feedback/seeds'
import { auditPair, axis, type Pair } from './audit.conformance.ts'
import { freshSeed, type RandomiserParts, randomise, targetOf } from './randomise.ts'
import { seededWords } from './seeded-words.conformance.ts'

const D = 4
const COUNT = 100_000
const GOOD: RandomiserParts = { chance: wantedHitChance, hits, target: targetOf }

const hist: Shape = { type: 'hist', size: 1_024, epsilon: 2 }
const vec: Shape = { type: 'vec', size: D, epsilon: 2 }
const bin: Shape = { type: 'bin', size: 2, epsilon: 2 }
const answers: Pair = { one: 1, other: 0, hit: 1, miss: 0 }
const cells: Pair = { one: 3, other: 8, hit: 3, miss: 8 }
const vectors: Pair = { one: axis(D, 0), other: axis(D, 0, -1), hit: axis(D, 0), miss: axis(D, 0, -1) }
const long: Pair = { ...vectors, one: axis(D, 0, 5), other: axis(D, 0, -5) }

/** Whether the audit of the project accepts a randomiser. */
function passes(shape: Shape, pair: Pair, parts: RandomiserParts): boolean {
  const { logRatio, standardError } = auditPair(shape, pair, { count: COUNT, seed: 11, parts })
  return Math.abs(logRatio - shape.epsilon) <= 4 * standardError
}

/** As the real one, but a seed that was drawn again may hit although a miss was wanted: only the first is looked at. */
function redrawing(): RandomiserParts {
  let draws = 0
  let isMiss = false
  return {
    ...GOOD,
    chance: (a, epsilon) => {
      draws = 0
      return wantedHitChance(a, epsilon)
    },
    hits: (shape, seed, target) => {
      draws++
      const isHit = hits(shape, seed, target)
      if (draws === 1) {
        isMiss = !isHit
        return isHit
      }
      return isMiss // what was wanted, whatever the second draw says
    },
  }
}

/** The inner product with the vector itself, whatever its norm. */
function hitsUnscaled(shape: Shape, { hi, lo }: Seed, target: Parameters<typeof hits>[2]): boolean {
  if (typeof target === 'number') return hits(shape, { hi, lo }, target)
  const normals = fillNormals({ hi, lo }, new Float64Array(shape.size))
  return normals.reduce((sum, normal, d) => sum + normal * target[d], 0) >= vecThreshold(shape.epsilon)
}

describe('the audit', () => {
  test('accepts the real parts', () => {
    expect(passes(hist, cells, GOOD)).toBe(true)
    expect(passes(vec, vectors, GOOD)).toBe(true)
    expect(passes(vec, long, GOOD)).toBe(true)
  })

  test('kills a redraw that may return the truth', () => {
    expect(passes(hist, cells, redrawing())).toBe(false)
  })

  test('kills a chance that is a tenth too large', () => {
    const parts = { ...GOOD, chance: (a: number, epsilon: number) => wantedHitChance(a, epsilon) * 1.1 }
    expect(passes(hist, cells, parts)).toBe(false)
    expect(passes(vec, vectors, parts)).toBe(false)
  })

  test('kills a wrong sign', () => {
    const flipped: RandomiserParts = {
      ...GOOD,
      target: (shape, answer, words) => {
        const target = targetOf(shape, answer, words)
        return typeof target === 'number' || target === null ? target : target.map((value) => -value)
      },
    }
    expect(passes(vec, vectors, flipped)).toBe(false)
    const below: RandomiserParts = { ...GOOD, hits: (shape, seed, target) => !hits(shape, seed, target) }
    expect(passes(bin, answers, below)).toBe(false)
    expect(passes(vec, vectors, below)).toBe(false)
  })

  test('kills a vector that is not brought to norm 1', () => {
    const parts: RandomiserParts = {
      ...GOOD,
      target: (_shape, answer) => answer,
      hits: hitsUnscaled,
    }
    expect(passes(vec, long, parts)).toBe(false)
  })
})

describe('the source of randomness', () => {
  const seeds = (parts: RandomiserParts): Seed[] => {
    const words = seededWords(5)
    return Array.from({ length: 20 }, (_, i) => randomise(hist, i, words, parts))
  }

  test('is the one handed in, and a mutant that asks Math.random is found', () => {
    expect(seeds(GOOD)).toEqual(seeds(GOOD))
    const leaking: RandomiserParts = {
      ...GOOD,
      chance: (a, epsilon) => (Math.random() < wantedHitChance(a, epsilon) ? 1 : 0),
    }
    expect(seeds(leaking)).not.toEqual(seeds(leaking))
  })

  test('is never named in the files of the device', () => {
    for (const folder of ['.', '../../feedback', '../../../contract/feedback']) {
      const url = new URL(`${folder}/`, import.meta.url)
      const files = readdirSync(url).filter((name) => name.endsWith('.ts') && !/[.](test|conformance)[.]ts$/.test(name))
      expect(files.length).toBeGreaterThan(0)
      for (const name of files)
        expect(readFileSync(new URL(name, url), 'utf8'), name).not.toMatch(/Math\s*[.[]\W*random/)
    }
  })

  test('gives uniform fresh seeds', () => {
    const words = seededWords(6)
    const high = Array.from({ length: 40_000 }, () => freshSeed(hist, words).hi)
    const mean = high.reduce((sum, value) => sum + value, 0) / high.length
    expect(Math.abs(mean / 67_108_859 - 0.5)).toBeLessThan(4 / Math.sqrt(12 * high.length))
    expect(freshHitChance('hist', 2)).toBeCloseTo(0.1192, 4)
  })
})
