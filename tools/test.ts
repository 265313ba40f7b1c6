/**
 * `npm test`: everything. Installs the browsers when they are missing, then runs each check and each runner, all of them even when one
 * fails, and ends with the line `N passed, N failed` over all of them. A runner that ran nothing counts as one failure.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD, DOCS, PACKAGE, SIZES, STATIC_CHECKS } from './checks.ts'
import { ROOT } from './project-files.ts'
import { reportStep, runStep } from './run-step.ts'
import { ensureSystemPackages } from './system-packages.ts'
import { lastLine, type PlaywrightReport, settle, sum, type Tally, tallyPlaywright } from './tally.ts'

const VITEST_PROJECTS = ['node', 'edge', 'browser', 'quality']

async function main(): Promise<void> {
  const problem = ensureSystemPackages()
  if (problem !== undefined) console.error(`\n✗ ${problem}`)
  const tallies: Tally[] = [{ passed: 0, failed: problem === undefined ? 0 : 1, skipped: [] }]
  for (const step of [BUILD, ...STATIC_CHECKS, SIZES, PACKAGE, DOCS]) tallies.push(asTally(await reportStep(step)))
  for (const project of VITEST_PROJECTS) tallies.push(await runVitest(project))
  tallies.push(await runPlaywright())
  const total = sum(tallies)
  console.log('')
  for (const line of total.skipped) console.log(`skipped: ${line}`)
  console.log(lastLine(total))
  process.exitCode = total.failed === 0 ? 0 : 1
}

function asTally(isPassed: boolean): Tally {
  return { passed: isPassed ? 1 : 0, failed: isPassed ? 0 : 1, skipped: [] }
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
    args: ['node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json'],
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
  const tally = settle(readReport(file, read), exitCode)
  if (tally.passed + tally.skipped.length === 0) console.error(`${name}: ran no test, which counts as a failure`)
  console.log(`${tally.failed === 0 ? '✓' : '✗'} ${name}: ${lastLine(tally)}`)
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
