import { describe, expect, test } from 'vitest'
import { freshHitChance, wantedHitChance } from '#contract/feedback/chance'
import type { Shape } from '#contract/feedback/seeds'
import { auditPair, axis, type Pair } from './audit.conformance.ts'

const COUNT = 400_000

type Case = { readonly name: string; readonly shape: Shape; readonly pair: Pair; readonly seed: number }

const D = 4

/** Worst pairs: what is asked of a seed under one answer is refused under the other. */
const WORST: readonly Case[] = [1, 2, 4].flatMap((epsilon): Case[] => {
  const head: Shape = { type: 'hist', size: 1_024, epsilon }
  const pos: Shape = { type: 'hist', size: 25, epsilon }
  const bin: Shape = { type: 'bin', size: 2, epsilon }
  const vec: Shape = { type: 'vec', size: D, epsilon }
  const cells = (one: number, other: number): Pair => ({ one, other, hit: one, miss: other })
  const opposite = { hit: axis(D, 0), miss: axis(D, 0, -1) }
  return [
    { name: `neighbouring cells, epsilon ${epsilon}`, shape: head, pair: cells(0, 1), seed: 1 },
    { name: `a cell and no click, epsilon ${epsilon}`, shape: head, pair: cells(700, 1_023), seed: 2 },
    { name: `position cells, epsilon ${epsilon}`, shape: pos, pair: cells(24, 3), seed: 3 },
    { name: `no and yes, epsilon ${epsilon}`, shape: bin, pair: cells(0, 1), seed: 4 },
    {
      name: `opposite vectors, epsilon ${epsilon}`,
      shape: vec,
      pair: { one: axis(D, 0), other: axis(D, 0, -1), ...opposite },
      seed: 5,
    },
    ...(epsilon === 2 ? moreVectors(vec, opposite) : []),
  ]
})

/** Vectors at one budget: the others differ by their constants only. */
function moreVectors(shape: Shape, opposite: Pick<Pair, 'hit' | 'miss'>): Case[] {
  const right = { one: axis(D, 0), other: axis(D, 1), hit: axis(D, 0), miss: axis(D, 1) }
  return [
    {
      name: 'vectors beyond the clip',
      shape,
      pair: { one: axis(D, 0, 5), other: axis(D, 0, -5), ...opposite },
      seed: 6,
    },
    { name: 'orthogonal vectors', shape, pair: right, seed: 7 },
  ]
}

describe('randomise', () => {
  test.each(WORST)(
    'tells $name apart by epsilon and no more',
    ({ shape, pair, seed }) => {
      const { logRatio, standardError } = auditPair(shape, pair, { count: COUNT, seed })
      expect(standardError).toBeLessThanOrEqual(shape.type === 'vec' && shape.epsilon === 4 ? 0.08 : 0.03)
      expect(Math.abs(logRatio - shape.epsilon)).toBeLessThanOrEqual(4 * standardError)
    },
    60_000,
  )

  test.each([1, 2, 4])('tells a vector from no event by less than epsilon %d: by p / a', (epsilon) => {
    const shape: Shape = { type: 'vec', size: D, epsilon }
    const a = freshHitChance('vec', epsilon)
    const expected = Math.log(wantedHitChance(a, epsilon) / a)
    for (const other of [new Float64Array(D), axis(D, 0, Number.NaN), axis(3, 0)]) {
      const pair: Pair = { one: axis(D, 0), other, hit: axis(D, 0), miss: null }
      const { logRatio, standardError } = auditPair(shape, pair, { count: COUNT / 4, seed: 8 })
      expect(expected).toBeLessThan(epsilon)
      expect(Math.abs(logRatio - expected)).toBeLessThanOrEqual(4 * standardError)
    }
  })
})
