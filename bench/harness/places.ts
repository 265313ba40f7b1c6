import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The built files of the page. */
export const DIST = join(ROOT, 'dist')

/** A directory that benches keep between runs; made when absent. */
export function cacheDir(...names: readonly string[]): string {
  const dir = join(ROOT, '.cache', 'bench', ...names)
  mkdirSync(dir, { recursive: true })
  return dir
}
