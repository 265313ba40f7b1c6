/** Writes docs/formats from the docstrings of contract/. With `--check` it fails instead when a page would change, is missing or is left over. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type FormatPages, formatPages } from './format-pages.ts'
import { ROOT } from './project-files.ts'

/** Sources of contract/ by file name, tests and their helpers left out. */
export function contractSources(root: string): ReadonlyMap<string, string> {
  const folder = join(root, 'contract')
  const files = readdirSync(folder).filter((file) => /^[\w-]+\.ts$/.test(file))
  return new Map(files.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}

/**
 * Compares a folder with the pages that it should hold.
 * @returns Names of pages that differ, are missing or should not be there, sorted.
 */
export function stalePages(folder: string, pages: FormatPages): string[] {
  const present = existsSync(folder) ? readdirSync(folder) : []
  const names = new Set([...present, ...pages.keys()])
  const isStale = (name: string) =>
    !present.includes(name) || !pages.has(name) || readFileSync(join(folder, name), 'utf8') !== pages.get(name)
  return [...names].filter(isStale).sort()
}

function main(): void {
  const folder = join(ROOT, 'docs', 'formats')
  const pages = formatPages(contractSources(ROOT))
  const stale = stalePages(folder, pages)
  if (process.argv.includes('--check')) {
    for (const name of stale)
      console.error(`docs/formats/${name} is not what contract/ says; run tools/generate-formats.ts`)
    console.log(`${pages.size} pages, ${stale.length} stale`)
    process.exitCode = stale.length === 0 ? 0 : 1
    return
  }
  mkdirSync(folder, { recursive: true })
  for (const name of stale) {
    const text = pages.get(name)
    if (text === undefined) rmSync(join(folder, name))
    else writeFileSync(join(folder, name), text)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
