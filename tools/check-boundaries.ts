/** Checks every import against `.dependency-cruiser.mjs`. Fails as well when a folder showed it no file: then it guards nothing. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import config, { FOLDERS } from '../.dependency-cruiser.mjs'
import { ROOT } from './project-files.ts'

/** What the guard saw. */
export type Boundaries = {
  /** One line each: the rule, the file and what it imports. */
  readonly violations: readonly string[]
  /** Folders in which there was nothing to look at. */
  readonly empty: readonly string[]
  readonly fileCount: number
}

/**
 * Follows the imports of each folder.
 * @param baseDir - Where the folders lie; tests pass a small copy with planted violations.
 * @param folders - Relative to `baseDir`.
 */
export async function findViolations(baseDir: string, folders: readonly string[]): Promise<Boundaries> {
  const present = folders.filter((folder) => existsSync(join(baseDir, folder)))
  const { output } = await cruise(present, {
    ...config.options,
    baseDir,
    ruleSet: { forbidden: config.forbidden },
    validate: true,
  } as object)
  const { modules, summary } = output as ICruiseResult // no reporter is asked for, so the output is the result itself
  const own = modules
    .map(({ source }) => source)
    .filter((source) => folders.some((folder) => source.startsWith(`${folder}/`)))
  return {
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    empty: folders.filter((folder) => !own.some((source) => source.startsWith(`${folder}/`))),
    fileCount: own.length,
  }
}

async function main(): Promise<void> {
  const { violations, empty, fileCount } = await findViolations(ROOT, Object.keys(FOLDERS))
  for (const violation of violations) console.error(violation)
  for (const folder of empty) console.error(`no file seen in ${folder}/: this guard would guard nothing`)
  console.log(`${fileCount} files, ${violations.length} violations`)
  process.exitCode = violations.length + empty.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
