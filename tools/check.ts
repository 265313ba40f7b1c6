/** `npm run check`, the inner loop: everything about the sources, the unit tests in Node and the byte budgets. Runs all, then fails. */
import { BUILD, DOCS, PACKAGE, SIZES, STATIC_CHECKS } from './checks.ts'
import { reportStep, type Step } from './run-step.ts'

const UNIT: Step = { name: 'unit tests', args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node'] }

const failed: string[] = []
for (const step of [BUILD, ...STATIC_CHECKS, UNIT, SIZES, PACKAGE, DOCS]) {
  if (!(await reportStep(step)).isPassed) failed.push(step.name)
}
console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
