import { describe, expect, test } from 'vitest'
import { checkClaims } from './check-claims.ts'

const measurements = { p50: { value: 3.0912, when: '2026-11-20', command: 'npm run -s bench -- recommend' } }

describe('checkClaims', () => {
  test('accepts a number that is the measurement at its own precision', () => {
    expect(checkClaims('p50 in 2026: 3.1 ms <!-- claim: p50 -->', measurements)).toEqual({
      problems: [],
      claimCount: 1,
    })
  })

  test('refuses another number, an unknown key and a mark without a number', () => {
    const { problems } = checkClaims(
      '3.2 <!-- claim: p50 -->\n1 <!-- claim: p51 -->\nfast <!-- claim: p50 -->',
      measurements,
    )
    expect(problems.map((line) => line.slice(0, 30))).toEqual([
      'p50: the README says 3.2, meas',
      'p51: not in docs/measurements.',
      'p50: no number before the mark',
    ])
  })

  test('counts nothing in a document without marks', () => {
    expect(checkClaims('3.1 ms', measurements).claimCount).toBe(0)
  })
})
