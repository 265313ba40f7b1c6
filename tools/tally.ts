/** What one runner did. A runner that ran nothing is a failure, whatever its exit code says. */
export type Tally = {
  readonly passed: number
  readonly failed: number
  /** One line each: the test's name and why it was not run. */
  readonly skipped: readonly string[]
}

/** The part of Playwright's JSON report that is read here. */
export type PlaywrightReport = {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
  readonly errors: readonly { readonly message?: string }[]
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
    }[]
  }[]
}

/**
 * Reads Playwright's report. A flaky test failed at least once and counts as failed; so does an error outside any test.
 * @param report - The file its JSON reporter wrote.
 */
export function tallyPlaywright(report: PlaywrightReport): Tally {
  const skipped: string[] = []
  const visit = (suite: PlaywrightSuite): void => {
    for (const inner of suite.suites ?? []) visit(inner)
    for (const { title, tests } of suite.specs) {
      for (const test of tests.filter(({ status }) => status === 'skipped')) {
        const why = test.annotations.map(({ description }) => description).filter(Boolean)
        skipped.push(`${test.projectName} › ${title}: ${why.join('; ') || 'no reason given'}`)
      }
    }
  }
  for (const suite of report.suites) visit(suite)
  const { expected, unexpected, flaky } = report.stats
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped }
}

/**
 * Makes a runner's exit code and its counts agree.
 * @param tally - Undefined when the runner left no report.
 * @param exitCode - Of the runner's process.
 * @returns The tally, with one failure more when the runner failed or did nothing without saying so.
 */
export function settle(tally: Tally | undefined, exitCode: number): Tally {
  const known = tally ?? { passed: 0, failed: 0, skipped: [] }
  const isSilentFailure = known.failed === 0 && (exitCode !== 0 || known.passed === 0)
  return isSilentFailure ? { ...known, failed: 1 } : known
}

/** Adds runners up. */
export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  }
}

/** The last line of `npm test`. */
export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}
