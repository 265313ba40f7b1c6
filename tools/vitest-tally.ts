import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TestModule } from 'vitest/node'
import type { Tally } from './tally.ts'

/**
 * A vitest reporter that writes a `Tally` to the file named by `POCKETSHELF_TALLY`. Unlike the JSON reporter it keeps the reason that a
 * test gives when it skips itself, and counts a file that fails to load.
 */
class TallyReporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.POCKETSHELF_TALLY
    if (!file) return
    let passed = 0
    let failed = unhandledErrors.length
    const skipped: string[] = []
    for (const module of modules) {
      if (module.errors().length > 0) failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed++
        else if (result.state === 'failed') failed++
        else skipped.push(`${module.project.name} › ${test.fullName}: ${noteOf(result) ?? 'no reason given'}`)
      }
    }
    const tally: Tally = { passed, failed, skipped }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(tally))
  }
}

function noteOf(result: { readonly state: string; readonly note?: string | undefined }): string | undefined {
  return result.note
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export.
export default TallyReporter
