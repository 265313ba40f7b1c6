import { describe, expect, test } from 'vitest'
import type { BilinearTerm } from '#contract/feedback/learning'
import { addBilinear, contextOf, project, termVector } from './bilinear.ts'
import { seededRandom } from './synthetic-model.ts'

const WIDTH = 12
const random = seededRandom(3)
const numbers = (count: number): number[] => Array.from({ length: count }, () => 2 * random() - 1)
const TERM: BilinearTerm = { dim: 8, projection: numbers(8 * WIDTH), weights: numbers(64) }
const HISTORY = [Float32Array.from(numbers(WIDTH)), Float32Array.from(numbers(WIDTH))]

/** contextᵀ W (P item), written out. */
function byHand(context: Float64Array, item: Float32Array): number {
  const projected = project(TERM, item)
  let sum = 0
  for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) sum += context[i] * TERM.weights[i * 8 + j] * projected[j]
  return sum
}

describe('addBilinear', () => {
  test('adds contextᵀ W (P item) to each score', () => {
    const vectors = Float32Array.from(numbers(3 * WIDTH))
    const scores = Float32Array.of(1, 2, 3)
    addBilinear(scores, vectors, TERM, HISTORY)
    const context = contextOf(TERM, HISTORY)
    for (let i = 0; i < 3; i++) {
      const item = vectors.subarray(i * WIDTH, (i + 1) * WIDTH)
      expect(scores[i]).toBeCloseTo(1 + i + byHand(context, item), 5)
    }
  })

  test('changes no bit while W is zero, or where there is no term', () => {
    const vectors = Float32Array.from(numbers(2 * WIDTH))
    for (const term of [null, { ...TERM, weights: new Array<number>(64).fill(0) }]) {
      const scores = Float32Array.of(0.1, -0)
      addBilinear(scores, vectors, term, HISTORY)
      expect(Object.is(scores[1], -0)).toBe(true)
      expect(scores[0]).toBe(Math.fround(0.1))
    }
  })
})

describe('contextOf', () => {
  test('says 1 for everybody and a taste of length √7 where there is a history', () => {
    expect([...contextOf(TERM, [])]).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
    const context = contextOf(TERM, HISTORY)
    expect(context[0]).toBe(1)
    expect(Math.hypot(...context.subarray(1))).toBeCloseTo(Math.sqrt(7), 12)
  })
})

test('termVector finds items by the inner product that scores them', () => {
  const context = contextOf(TERM, HISTORY)
  const direction = termVector(TERM, context, WIDTH)
  const item = Float32Array.from(numbers(WIDTH))
  let sum = 0
  for (let d = 0; d < WIDTH; d++) sum += direction[d] * item[d]
  expect(sum).toBeCloseTo(byHand(context, item), 10)
})
