import { describe, expect, test } from 'vitest'
import { RecError } from '../errors.ts'
import { EPOCH_MS, encodePlan, epochOf, isPlanUsable, type Plan, parsePlan } from './plan.ts'
import { samplePlan } from './sample-plan.conformance.ts'

function codeOf(value: unknown): string {
  try {
    parsePlan(value)
    return 'accepted'
  } catch (thrown) {
    return thrown instanceof RecError ? thrown.code : `crashed: ${thrown}`
  }
}

function withQuestion(changes: Record<string, unknown>, at = 0): unknown {
  const plan = samplePlan()
  return {
    ...plan,
    questions: plan.questions.map((question, i) => (i === at ? { ...question, ...changes } : question)),
  }
}

describe('parsePlan', () => {
  test('returns a plan as it stands, and its text is stable', () => {
    const plan = samplePlan()
    expect(parsePlan(plan)).toEqual(plan)
    expect(encodePlan(parsePlan(JSON.parse(encodePlan(plan))))).toBe(encodePlan(plan))
    const { questions, ...rest } = plan
    expect(encodePlan(parsePlan({ questions, ...rest }))).toBe(encodePlan(plan))
  })

  test.each<[string, unknown]>([
    ['another version', { ...samplePlan(), v: 2 }],
    ['an unknown key', { ...samplePlan(), epsilon: 9 }],
    ['an unknown preset', { ...samplePlan(), preset: 'generous' }],
    ['a preset named like a method', { ...samplePlan(), preset: 'toString' }],
    ['epochs that end before they start', { ...samplePlan(), epochTo: 1 }],
    ['no question', { ...samplePlan(), questions: [] }],
    ['nine questions', { ...samplePlan(), questions: Array.from({ length: 9 }, () => samplePlan().questions[0]) }],
    ['an unknown id', withQuestion({ id: 'history' })],
    ['an id named like a method', withQuestion({ id: 'constructor' })],
    ['an unknown key of a question', withQuestion({ epsilon: 9 })],
    ['a type that the id does not have', withQuestion({ type: 'hist' })],
    ['a size beyond 1,024', withQuestion({ size: 4_096 }, 2)],
    ['a size that the id does not have', withQuestion({ size: 65 })],
    ['the same qid twice', withQuestion({ qid: 2 })],
    ['a qid beyond a byte', withQuestion({ qid: 256 })],
    ['weights that do not sum to 1', withQuestion({ weight: 0.5 })],
    ['a negative weight', withQuestion({ weight: -0.1 })],
    ['a clip of nothing', withQuestion({ clip: 0 })],
    ['a clip of a histogram', withQuestion({ clip: 1 }, 2)],
    ['null', null],
    ['a list', []],
  ])('refuses %s', (_name, value) => {
    expect(codeOf(value)).toBe('manifest-malformed')
  })
})

describe('isPlanUsable', () => {
  const plan: Plan = { ...samplePlan(), epochFrom: 2_900, epochTo: 2_910 }
  const during = 2_905 * EPOCH_MS

  test('holds in the weeks of the plan only', () => {
    expect(epochOf(during)).toBe(2_905)
    expect(isPlanUsable(plan, 'standard', during)).toBe(true)
    expect(isPlanUsable(plan, 'standard', 2_900 * EPOCH_MS)).toBe(true)
    expect(isPlanUsable(plan, 'standard', 2_911 * EPOCH_MS - 1)).toBe(true)
    expect(isPlanUsable(plan, 'standard', 2_911 * EPOCH_MS)).toBe(false)
    expect(isPlanUsable(plan, 'standard', 2_900 * EPOCH_MS - 1)).toBe(false)
  })

  test('holds below the ceiling that the page compiled in only', () => {
    expect(isPlanUsable({ ...plan, preset: 'standard' }, 'strict', during)).toBe(false)
    expect(isPlanUsable({ ...plan, preset: 'strict' }, 'standard', during)).toBe(true)
  })
})
