import { describe, expect, test } from 'vitest'
import { checkBilinear, parseFeedbackPart } from './learning.ts'
import { samplePlan } from './sample-plan.conformance.ts'

const PART = {
  plan: samplePlan(),
  calibration: { slope: 1.5, featureScale: [1, 0, 2] },
  propensities: new Array<number>(12).fill(1),
  noise: [],
}

describe('parseFeedbackPart', () => {
  test('reads a part, and nothing where a release asks nothing', () => {
    expect(parseFeedbackPart(PART)).toEqual(PART)
    expect(parseFeedbackPart(null)).toBeNull()
    expect(parseFeedbackPart(undefined)).toBeNull()
  })

  test.each<[string, unknown]>([
    ['a slope of 0', { ...PART, calibration: { ...PART.calibration, slope: 0 } }],
    ['a negative step', { ...PART, calibration: { ...PART.calibration, featureScale: [-1] } }],
    ['too few positions', { ...PART, propensities: [1] }],
    ['no noise statement', { ...PART, noise: null }],
    ['a plan with an unknown key', { ...PART, plan: { ...PART.plan, more: 1 } }],
    ['no plan', { ...PART, plan: undefined }],
  ])('refuses %s', (_what, value) => {
    expect(() => parseFeedbackPart(value)).toThrow(expect.objectContaining({ code: 'manifest-malformed' }))
  })
})

describe('checkBilinear', () => {
  const term = { dim: 8, projection: new Array<number>(32).fill(0), weights: new Array<number>(64).fill(0) }

  test('accepts a term of the space, and none', () => {
    expect(() => checkBilinear(term, 4)).not.toThrow()
    expect(() => checkBilinear(null, 4)).not.toThrow()
  })

  test.each<[string, unknown]>([
    ['another dimension', { ...term, dim: 9 }],
    ['a projection of another space', { ...term, projection: [1] }],
    ['a weight that is no number', { ...term, weights: [...term.weights.slice(1), Number.NaN] }],
  ])('refuses %s', (_what, value) => {
    expect(() => checkBilinear(value, 4)).toThrow(expect.objectContaining({ code: 'manifest-malformed' }))
  })
})
