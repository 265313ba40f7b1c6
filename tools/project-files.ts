import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's directory. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '')

const SKIPPED = new Set(['.cache', '.git', '.pocketshelf', 'dist', 'node_modules', 'playwright-report', 'test-results'])

/**
 * Lists the project's own files, as a clone has them: nothing installed, built or generated at run time.
 * @param root - Directory to walk; fixtures of the guards' own tests pass theirs.
 * @returns Paths relative to `root` with forward slashes, sorted.
 */
export function projectFiles(root: string = ROOT): string[] {
  const found: string[] = []
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue
      const path = join(directory, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) found.push(relative(root, path).split(sep).join('/'))
    }
  }
  walk(root)
  return found.sort()
}

/** Reads a project file as text. @param path - Relative to `root`. */
export function readProjectFile(path: string, root: string = ROOT): string {
  return readFileSync(join(root, path), 'utf8')
}
