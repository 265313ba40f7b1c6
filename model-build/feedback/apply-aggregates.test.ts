import { describe, expect, test } from 'vitest'
import { cellOrder } from '#contract/feedback/head-cells'
import { fillNormals, type Seed } from '#contract/feedback/seeds'
import type { Answer } from '#worker/core/feedback/randomise'
import { applyAggregates, isChanged, type LearningParts } from './apply-aggregates.ts'
import { decideCanary } from './canary-decision.ts'
import { EPOCH, PLAN, PLAN_HASH, sumsOf, testWords } from './device-reports.conformance.ts'
import { estimate } from './estimate.ts'
import { beliefOf } from './learning-state.ts'
import { readAggregates } from './read-aggregates.ts'
import { norm } from './trust-region.ts'

const D = 15

/** A head of 15 features of step 2 and a term of 8 x 8, both in the units of their answers. */
function parts(): LearningParts {
  const side = D + 64
  const curvature = new Float64Array(side * side)
  for (let k = 0; k < side; k++) curvature[k * side + k] = 1
  return {
    part: {
      plan: PLAN,
      calibration: { slope: 1, featureScale: new Array<number>(D).fill(2) },
      propensities: new Array<number>(12).fill(1),
      noise: [],
    },
    planHash: PLAN_HASH,
    linearHead: {
      features: Array.from({ length: D }, (_, k) => k),
      weights: new Array<number>(D).fill(0.2),
      bias: 0,
    },
    bilinear: { dim: 8, projection: new Array<number>(8 * 4).fill(0), weights: new Array<number>(64).fill(0.05) },
    state: {
      curvature,
      scoreDeviation: 1,
      belief: beliefOf(D, 8, 1),
      popularity: { prior: new Float64Array(959).fill(1 / 1_023), moved: new Float64Array(959) },
    },
  }
}

const repeat = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer)

/** The mean gradient that devices report. */
const GRADIENT = Float64Array.from({ length: D }, (_, d) => (d < 3 ? 0.025 : 0))

describe('applyAggregates', () => {
  test.each<[string, Parameters<typeof sumsOf>]>([
    ['999 of rank', ['rank', repeat(999, GRADIENT), testWords(1)]],
    ['1,279 of pair', ['pair', repeat(1_279, new Float64Array(64).fill(0.1)), testWords(2)]],
    ['4,999 of head', ['head', repeat(4_999, 3), testWords(3)]],
    ['499 of pos', ['pos', repeat(499, 3), testWords(4)]],
  ])('changes nothing with %s', (_name, given) => {
    expect(isChanged(applyAggregates(parts(), sumsOf(...given)))).toBe(false)
  })

  test('changes nothing when fewer than 12 stripes have reports, or for another plan', () => {
    const sums = sumsOf('rank', repeat(3_000, GRADIENT), testWords(5))
    const others = sums.map((sum) => ({ ...sum, plan: 'f'.repeat(64) }))
    for (const few of [sums.slice(0, 11), others, []]) expect(isChanged(applyAggregates(parts(), few))).toBe(false)
    expect(isChanged(applyAggregates(parts(), sums))).toBe(true)
  })

  test('moves the head against the gradient, no further than lists may drift, and keeps the rest for the next time', () => {
    const applied = applyAggregates(parts(), sumsOf('rank', repeat(20_000, GRADIENT), testWords(6)))
    const step = (applied.weights?.linearHead.weights ?? []).map((weight) => (weight - 0.2) * 2)
    // Curvature and slope are 1: half the square is the drift.
    expect(norm(step) ** 2 / 2).toBeCloseTo(0.003, 6)
    for (const value of step.slice(0, 3)) expect(value).toBeLessThan(-0.02)
    for (const value of step.slice(3)) expect(Math.abs(value)).toBeLessThan(0.04)
    const ahead = applied.weights?.belief.ahead ?? []
    for (const k of [0, 1, 2]) expect((ahead[k] ?? 0) + (step[k] ?? 0)).toBeLessThan(-0.04)
    expect(applied.noise).toMatchObject([{ question: 'rank', reports: 20_000, epsilon: 2, refusal: null }])
    // The wider of formula and spread is a little wider than the formula.
    const formula = 1 / (0.7865 * Math.sqrt(20_000))
    expect(applied.noise[0]?.standardError).toBeGreaterThanOrEqual(formula - 1e-6)
    expect(applied.noise[0]?.standardError).toBeLessThan(1.4 * formula)
    expect(applied.weights?.bilinear.weights).toEqual(parts().bilinear.weights.map(Math.fround))
  })

  test('goes on to what is believed when the next answers say that it was right', () => {
    const first = applyAggregates(parts(), sumsOf('rank', repeat(20_000, GRADIENT), testWords(6))).weights
    const ahead = first?.belief.ahead ?? new Float64Array()
    const left = Float64Array.from({ length: D }, (_, d) => -(ahead[d] ?? 0) / 4)
    const state = { ...parts().state, belief: first?.belief ?? parts().state.belief }
    const next = applyAggregates({ ...parts(), state }, sumsOf('rank', repeat(20_000, left), testWords(12))).weights
    const rest = next?.belief.ahead ?? new Float64Array()
    expect(norm(rest)).toBeLessThan(norm(ahead) - 0.04)
  })

  test('refuses what nothing believed makes possible; without defences takes it whole, however few said it', () => {
    const absurd = GRADIENT.map((value) => 20 * value)
    const applied = applyAggregates(parts(), sumsOf('rank', repeat(20_000, absurd), testWords(6)))
    expect(applied.noise).toMatchObject([{ question: 'rank', refusal: 'implausible' }])
    expect(isChanged(applied)).toBe(false)
    const bare = applyAggregates({ ...parts(), isDefended: false }, sumsOf('rank', repeat(900, absurd), testWords(6)))
    expect(norm((bare.weights?.linearHead.weights ?? []).map((weight) => (weight - 0.2) * 2))).toBeGreaterThan(0.3)
  })

  test('hardly moves the head when reports say nothing', () => {
    const applied = applyAggregates(parts(), sumsOf('rank', repeat(20_000, new Float64Array(D)), testWords(7)))
    const step = (applied.weights?.linearHead.weights ?? []).map((weight) => (weight - 0.2) * 2)
    expect(norm(step)).toBeLessThan(0.5)
  })

  test('moves the bilinear term along what is common, no further than its trust region', () => {
    const moment = Float64Array.from({ length: 64 }, (_, k) => (k === 9 ? 0.1 : 0))
    const before = parts().bilinear.weights
    const applied = applyAggregates(parts(), sumsOf('pair', repeat(20_000, moment), testWords(8)))
    const step = (applied.weights?.bilinear.weights ?? []).map((weight, k) => weight - before[k])
    expect(norm(step)).toBeLessThanOrEqual(0.1 + 1e-6)
    expect(step[9]).toBeGreaterThan(0.7 * norm(step))
  })

  test('moves popularity by at most ln 1.5 an epoch and ln 8 in all, and only cells with evidence', () => {
    const order = cellOrder(PLAN_HASH, EPOCH)
    const answers = [...repeat(6_000, order[3]), ...repeat(14_000, order[1_023])]
    const sums = sumsOf('head', answers, testWords(9))
    const first = applyAggregates(parts(), sums)
    expect(first.moved?.[3]).toBeCloseTo(Math.log(1.5), 9)
    expect([...(first.moved ?? [])].filter((move) => move !== 0).length).toBeLessThan(60)
    const { state } = parts()
    let moved = state.popularity.moved
    for (let epoch = 0; epoch < 9; epoch++) {
      const popularity = { ...state.popularity, moved }
      moved = applyAggregates({ ...parts(), state: { ...state, popularity } }, sums).moved ?? moved
    }
    expect(Math.max(...moved)).toBeCloseTo(Math.log(8), 9)
  })

  test('learns how much less later positions are looked at', () => {
    const words = testWords(10)
    const answers = Array.from({ length: 60_000 }, () => {
      const position = words() % 12
      const isClicked = words() / 2 ** 32 < 0.5 / (1 + position)
      return 2 * position + (isClicked ? 1 : 0)
    })
    const found = applyAggregates(parts(), sumsOf('pos', answers, testWords(11))).propensities ?? []
    expect(found[0]).toBe(1)
    expect(found[1]).toBeGreaterThan(0.35)
    expect(found[1]).toBeLessThan(0.65)
    expect(found[8]).toBeLessThan(0.4)
  })
})

describe('poisoned reports', () => {
  /** Of many seeds the one that pushes furthest. */
  function worstSeed(target: number): Seed {
    const words = testWords(99)
    let best: Seed = { hi: 0, lo: 0 }
    let most = 0
    for (let i = 0; i < 20_000; i++) {
      const seed = { hi: words(), lo: words() }
      const push = fillNormals(seed, new Float64Array(D))[target]
      if (push > most) [most, best] = [push, seed]
    }
    return best
  }

  test('1 % from three networks move a mean by at most 2 standard errors', () => {
    const seed = worstSeed(14)
    const answers = repeat(20_000, GRADIENT)
    const forged = Array.from({ length: 200 }, (_, i) => ({ seed, stripe: [2, 7, 11][i % 3] ?? 0 }))
    const clean = readAggregates(PLAN, PLAN_HASH, sumsOf('rank', answers, testWords(20))).robust.get('rank')
    const dirty = readAggregates(PLAN, PLAN_HASH, sumsOf('rank', answers, testWords(20), forged)).robust.get('rank')
    const plain = readAggregates(PLAN, PLAN_HASH, sumsOf('rank', answers, testWords(20), forged)).pooled.get('rank')
    const shift = Math.abs((dirty?.mean[14] ?? 0) - (clean?.mean[14] ?? 0)) / (clean?.standardError[14] ?? 1)
    const undefended = Math.abs((plain?.mean[14] ?? 0) - (clean?.mean[14] ?? 0)) / (clean?.standardError[14] ?? 1)
    expect(shift).toBeLessThanOrEqual(2)
    expect(undefended).toBeGreaterThan(3)
  })

  test('the same 1 % spread over all stripes moves it by about 5: the limit that docs/privacy.md states', () => {
    const seed = worstSeed(14)
    const answers = repeat(20_000, GRADIENT)
    const forged = Array.from({ length: 200 }, (_, i) => ({ seed, stripe: i % 16 }))
    const clean = readAggregates(PLAN, PLAN_HASH, sumsOf('rank', answers, testWords(20))).robust.get('rank')
    const dirty = readAggregates(PLAN, PLAN_HASH, sumsOf('rank', answers, testWords(20), forged)).robust.get('rank')
    const shift = ((dirty?.mean[14] ?? 0) - (clean?.mean[14] ?? 0)) / (clean?.standardError[14] ?? 1)
    expect(shift).toBeGreaterThan(3)
    expect(shift).toBeLessThan(7)
  })
})

describe('decideCanary', () => {
  const arm = (yes: number, count: number, seed: number) => {
    const answers = Array.from({ length: count }, (_, i) => (i < yes * count ? 1 : 0))
    const sums = sumsOf('canary-main', answers, testWords(seed))
    const sum = sums.reduce((total, part) => total + (part.sum[0] ?? 0), 0)
    return estimate({ type: 'bin', size: 2, epsilon: 2 }, count, Float64Array.of(sum))
  }
  const at = (epochs: number) => ({ epsilon: 2, epochs })

  test('rolls back when clicks drop, promotes when they do not, waits and then holds when it cannot tell', () => {
    expect(decideCanary(arm(0.4, 6_000, 1), arm(0.28, 6_000, 2), at(1)).decision).toBe('rollback')
    expect(decideCanary(arm(0.4, 20_000, 3), arm(0.4, 20_000, 4), at(1)).decision).toBe('promote')
    expect(decideCanary(arm(0.4, 1_000, 5), arm(0.4, 1_000, 6), at(1)).decision).toBe('wait')
    expect(decideCanary(arm(0.4, 1_000, 5), arm(0.4, 1_000, 6), at(4)).decision).toBe('hold')
    expect(decideCanary(arm(0.4, 100, 7), arm(0, 100, 8), at(1)).decision).toBe('wait')
  })

  test('tells a drop of 4 points from none with four chances in five at the least counts', () => {
    let seen = 0
    let wrong = 0
    for (let run = 0; run < 60; run++) {
      const main = arm(0.4, 3_300, 100 + 2 * run)
      if (decideCanary(main, arm(0.36, 3_300, 101 + 2 * run), at(1)).decision === 'rollback') seen++
      if (decideCanary(main, arm(0.4, 3_300, 501 + run), at(1)).decision === 'rollback') wrong++
    }
    expect(seen).toBeGreaterThan(38)
    expect(wrong).toBeLessThan(9)
  })
})
