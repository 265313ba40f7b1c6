import { stripVTControlCharacters } from 'node:util'

/** What one runner did. A runner that ran nothing is a failure, whatever its exit code says. */
export type Tally = {
  readonly passed: number
  /** One entry each: the test's name and what went wrong, so that the end of the output tells it. */
  readonly failures: readonly string[]
  /** One line each: the test's name and why it was not run. */
  readonly skipped: readonly string[]
}

/** What a runner did before it told anything. */
export const NOTHING: Tally = { passed: 0, failures: [], skipped: [] }

/** The part of Playwright's JSON report that is read here. */
export type PlaywrightReport = {
  readonly stats: { readonly expected: number }
  readonly errors: readonly PlaywrightError[]
  readonly suites: readonly PlaywrightSuite[]
}

type PlaywrightSuite = {
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs: readonly {
    readonly title: string
    readonly tests: readonly {
      readonly status: string
      readonly projectName: string
      readonly annotations: readonly { readonly type: string; readonly description?: string }[]
      readonly results: readonly { readonly error?: PlaywrightError }[]
    }[]
  }[]
}

type PlaywrightError = { readonly message?: string }

/**
 * Reads Playwright's report. A flaky test failed at least once and counts as failed; so does an error outside any test.
 * @param report - The file its JSON reporter wrote.
 */
export function tallyPlaywright(report: PlaywrightReport): Tally {
  const skipped: string[] = []
  const failures = report.errors.map((error) => `outside of tests: ${reasonOf(error)}`)
  const visit = (suite: PlaywrightSuite): void => {
    for (const inner of suite.suites ?? []) visit(inner)
    for (const { title, tests } of suite.specs) {
      for (const { status, projectName, annotations, results } of tests) {
        const name = `${projectName} › ${title}`
        if (status === 'skipped') {
          const why = annotations.map(({ description }) => description).filter(Boolean)
          skipped.push(`${name}: ${why.join('; ') || 'no reason given'}`)
        } else if (status !== 'expected') {
          failures.push(`${name}: ${reasonOf(results.find(({ error }) => error !== undefined)?.error)}`)
        }
      }
    }
  }
  for (const suite of report.suites) visit(suite)
  return { passed: report.stats.expected, failures, skipped }
}

const REASON_LINES = 12
const INDENT = '\n    '

/** The first lines of what an error says, without the colours of a terminal. */
export function reasonOf(error: { readonly message?: string } | undefined): string {
  return linesOf(error?.message ?? 'no reason given')
    .slice(0, REASON_LINES)
    .join(INDENT)
}

/** The last lines of what a check printed: where it says what is wrong. */
export function lastLines(output: string): string {
  return linesOf(output).slice(-REASON_LINES).join(INDENT)
}

const linesOf = (text: string): string[] => stripVTControlCharacters(text).trim().split('\n')

/**
 * Makes a runner's exit code and its counts agree.
 * @param name - Of the runner.
 * @param tally - Undefined when the runner left no report.
 * @param exitCode - Of the runner's process.
 * @returns The tally, with one failure more when the runner failed or did nothing without saying so.
 */
export function settle(name: string, tally: Tally | undefined, exitCode: number): Tally {
  const known = tally ?? NOTHING
  if (known.failures.length > 0) return known
  if (exitCode !== 0) return { ...known, failures: [`${name}: ended with exit code ${exitCode}`] }
  if (known.passed === 0) return { ...known, failures: [`${name}: ran no test, which counts as a failure`] }
  return known
}

/** Adds runners up. */
export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failures: tallies.flatMap(({ failures }) => failures),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  }
}

/** The last line of `npm test`. */
export function lastLine({ passed, failures, skipped }: Tally): string {
  return `${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}
