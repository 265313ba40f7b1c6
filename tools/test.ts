/**
 * `npm test`: everything. Installs the browsers when they are missing, then runs each check and each runner, all of them even when one
 * fails, and ends with what failed and why and with the line `N passed, N failed` over all of them. A runner that ran nothing counts as one
 * failure. Checks keep one core busy each, so two run at a time; runners use every core themselves and run alone.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD, DOCS, PACKAGE, SIZES, STATIC_CHECKS } from './checks.ts'
import { ROOT } from './project-files.ts'
import { reportLanes, reportStep, runStep, type Step, type StepResult } from './run-step.ts'
import { ensureSystemPackages } from './system-packages.ts'
import {
  lastLine,
  lastLines,
  NOTHING,
  type PlaywrightReport,
  settle,
  sum,
  type Tally,
  tallyPlaywright,
} from './tally.ts'

const PLAYWRIGHT = 'node_modules/@playwright/test/cli.js'

/** What the browsers visit, built while the sources are checked; the tests that say so find it there later. */
const SITES: Step = {
  name: 'sites for the browsers',
  args: [PLAYWRIGHT, 'test', '--project=prepare', '--reporter=list'],
}

/** Those of a lane share dist/. */
const LANES = [[SIZES, PACKAGE, DOCS, SITES], STATIC_CHECKS]

const VITEST_PROJECTS = ['node', 'edge', 'browser', 'quality']

async function main(): Promise<void> {
  const problem = ensureSystemPackages()
  if (problem !== undefined) console.error(`\n✗ ${problem}`)
  const tallies: Tally[] = [problem === undefined ? NOTHING : { ...NOTHING, failures: [problem] }]
  tallies.push(asTally(await reportStep(BUILD)))
  tallies.push(...(await reportLanes(LANES)).map(asTally))
  for (const project of VITEST_PROJECTS) tallies.push(await runVitest(project))
  tallies.push(await runPlaywright())
  const total = sum(tallies)
  console.log('')
  for (const line of total.skipped) console.log(`skipped: ${line}`)
  for (const failure of total.failures) console.log(`failed: ${failure}`)
  console.log(lastLine(total))
  process.exitCode = total.failures.length === 0 ? 0 : 1
}

function asTally({ isPassed, verdict, output }: StepResult): Tally {
  return isPassed ? { ...NOTHING, passed: 1 } : { ...NOTHING, failures: [`${verdict}\n${lastLines(output)}`.trim()] }
}

async function runVitest(project: string): Promise<Tally> {
  const file = join(ROOT, '.cache', 'test', `vitest-${project}.json`)
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=default']
  return runRunner(`vitest: ${project}`, file, {
    args: [...args, '--reporter=./tools/vitest-tally.ts'],
    env: { POCKETSHELF_TALLY: file },
    read: (json) => json as Tally, // written by vitest-tally.ts a moment ago
  })
}

async function runPlaywright(): Promise<Tally> {
  const file = join(ROOT, '.cache', 'test', 'playwright.json')
  return runRunner('playwright', file, {
    args: [PLAYWRIGHT, 'test', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
    read: (json) => tallyPlaywright(json as PlaywrightReport), // Playwright's own report
  })
}

type Runner = {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly read: (json: unknown) => Tally
}

async function runRunner(name: string, file: string, { args, env, read }: Runner): Promise<Tally> {
  console.log(`\n▸ ${name}`)
  rmSync(file, { force: true })
  const exitCode = await runStep({ name, args, env })
  const tally = settle(name, readReport(file, read), exitCode)
  console.log(`${tally.failures.length === 0 ? '✓' : '✗'} ${name}: ${lastLine(tally)}`)
  return tally
}

function readReport(file: string, read: (json: unknown) => Tally): Tally | undefined {
  try {
    return read(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`no report in ${file}: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

await main()
