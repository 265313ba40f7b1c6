import { describe, expect, test } from 'vitest'
import { lastLine, settle, sum, tallyPlaywright } from './tally.ts'

const NOTHING = { passed: 0, failed: 0, skipped: [] }

describe('settle', () => {
  test('counts a runner that ran nothing as failed', () => {
    expect(settle(NOTHING, 0).failed).toBe(1)
  })

  test('counts a runner without a report as failed', () => {
    expect(settle(undefined, 0).failed).toBe(1)
  })

  test('counts a failing exit code even when every test passed', () => {
    expect(settle({ ...NOTHING, passed: 3 }, 1)).toEqual({ passed: 3, failed: 1, skipped: [] })
  })

  test('adds nothing to failures that are already counted', () => {
    expect(settle({ passed: 3, failed: 2, skipped: [] }, 1).failed).toBe(2)
  })
})

describe('tallyPlaywright', () => {
  test('counts flaky tests and errors outside tests as failed and keeps the reason of a skip', () => {
    const skippedTest = {
      status: 'skipped',
      projectName: 'webkit',
      annotations: [{ type: 'skip', description: 'no quota there' }],
    }
    const tally = tallyPlaywright({
      stats: { expected: 4, unexpected: 1, flaky: 1 },
      errors: [{ message: 'no server' }],
      suites: [{ specs: [], suites: [{ specs: [{ title: 'keeps its place', tests: [skippedTest] }] }] }],
    })
    expect(tally).toEqual({ passed: 4, failed: 3, skipped: ['webkit › keeps its place: no quota there'] })
  })
})

describe('lastLine', () => {
  test('adds runners up and names skips only when there are some', () => {
    expect(lastLine(sum([{ ...NOTHING, passed: 2 }, NOTHING]))).toBe('2 passed, 0 failed')
    expect(lastLine({ passed: 2, failed: 1, skipped: ['x: y'] })).toBe('2 passed, 1 failed, 1 skipped')
  })
})
