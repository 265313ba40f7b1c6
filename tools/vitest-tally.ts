import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TestModule } from 'vitest/node'
import { reasonOf, type Tally } from './tally.ts'

/**
 * A vitest reporter that writes a `Tally` to the file named by `POCKETSHELF_TALLY`. Unlike the JSON reporter it keeps the reason that a
 * test gives when it skips itself, and counts a file that fails to load.
 */
class TallyReporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.POCKETSHELF_TALLY
    if (!file) return
    let passed = 0
    const failures = unhandledErrors.map((error) => `outside of tests: ${reasonOf(error as Error)}`)
    const skipped: string[] = []
    for (const module of modules) {
      const broken = module.errors()[0]
      if (broken !== undefined) failures.push(`${module.relativeModuleId}: ${reasonOf(broken)}`)
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed++
        else if (result.state === 'failed') {
          failures.push(`${module.relativeModuleId} › ${test.fullName}: ${reasonOf(result.errors[0])}`)
        } else skipped.push(`${module.project.name} › ${test.fullName}: ${noteOf(result) ?? 'no reason given'}`)
      }
    }
    const tally: Tally = { passed, failures, skipped }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(tally))
  }
}

function noteOf(result: { readonly state: string; readonly note?: string | undefined }): string | undefined {
  return result.note
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export.
export default TallyReporter
