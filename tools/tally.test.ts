import { describe, expect, test } from 'vitest'
import { lastLine, lastLines, NOTHING, type PlaywrightReport, settle, sum, tallyPlaywright } from './tally.ts'

describe('settle', () => {
  test('counts a runner that ran nothing as failed', () => {
    expect(settle('vitest', NOTHING, 0).failures).toEqual(['vitest: ran no test, which counts as a failure'])
  })

  test('counts a runner without a report as failed', () => {
    expect(settle('vitest', undefined, 0).failures).toHaveLength(1)
  })

  test('counts a failing exit code even when every test passed', () => {
    const settled = settle('vitest', { ...NOTHING, passed: 3 }, 1)
    expect(settled).toEqual({ passed: 3, failures: ['vitest: ended with exit code 1'], skipped: [] })
  })

  test('adds nothing to failures that are already counted', () => {
    const tally = { passed: 3, failures: ['a: 1 is not 2', 'b: timed out'], skipped: [] }
    expect(settle('vitest', tally, 1)).toBe(tally)
  })
})

describe('tallyPlaywright', () => {
  test('counts flaky tests and errors outside tests as failed, with their reasons, and keeps the reason of a skip', () => {
    const run = (status: string, messages: readonly (string | undefined)[], description?: string) => ({
      status,
      projectName: 'webkit',
      annotations: description === undefined ? [] : [{ type: 'skip', description }],
      results: messages.map((message) => (message === undefined ? {} : { error: { message } })),
    })
    const report: PlaywrightReport = {
      stats: { expected: 4 },
      errors: [{ message: 'no server' }],
      suites: [
        {
          specs: [
            { title: 'shows a list', tests: [run('unexpected', ['\u001b[31mExpected: 20\u001b[39m\nReceived: 0'])] },
          ],
          suites: [
            {
              specs: [
                { title: 'keeps its place', tests: [run('skipped', [], 'no quota there')] },
                { title: 'reacts', tests: [run('flaky', ['too late', undefined])] },
                { title: 'starts', tests: [run('expected', [undefined])] },
              ],
            },
          ],
        },
      ],
    }
    expect(tallyPlaywright(report)).toEqual({
      passed: 4,
      failures: [
        'outside of tests: no server',
        'webkit › reacts: too late',
        'webkit › shows a list: Expected: 20\n    Received: 0',
      ],
      skipped: ['webkit › keeps its place: no quota there'],
    })
  })
})

describe('lastLines', () => {
  test('keeps the end of what a check printed', () => {
    const output = Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join('')
    expect(lastLines(output)).toMatch(/^line 28\n[\s\S]*line 39$/)
  })
})

describe('lastLine', () => {
  test('adds runners up and names skips only when there are some', () => {
    expect(lastLine(sum([{ ...NOTHING, passed: 2 }, NOTHING]))).toBe('2 passed, 0 failed')
    expect(lastLine({ passed: 2, failures: ['z: no'], skipped: ['x: y'] })).toBe('2 passed, 1 failed, 1 skipped')
  })
})
