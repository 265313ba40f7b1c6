/**
 * Looks for what must never be committed: places of one machine, hosts of package registries, a task mark that no issue answers for.
 * Text files only; lock files carry no addresses (`.npmrc` leaves them out) and are read like the rest.
 */
import { pathToFileURL } from 'node:url'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

const TEXT =
  /[.](?:ts|js|mjs|json|md|html|css|svg|toml|txt|yml|yaml|webmanifest)$|(?:^|[/])(?:[.]ci[/]run|LICENSE|[.]npmrc|[.]gitignore)$/

/** Written in pieces, so that this file does not find itself. */
const RULES: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: 'a path of one machine',
    pattern: new RegExp(`(?<![\\w.~*-])/(?:${['work', 'tmp', 'root', 'home', 'Users'].join('|')})/[\\w.-]+`),
  },
  {
    name: 'a registry host',
    pattern: new RegExp(
      ['registry[.]npm' + 'js', 'registry[.]yarn' + 'pkg', 'npm[.]pkg[.]github', 'deb[.]debian[.]' + 'org'].join('|'),
    ),
  },
  {
    name: 'a task mark without an issue',
    pattern: new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b(?!\\(#\\d+\\))`),
  },
]

/**
 * Finds forbidden words in one text.
 * @returns One line each: line number, what it is, the words.
 */
export function findWords(text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    RULES.flatMap(({ name, pattern }) => {
      const found = pattern.exec(line)
      return found ? [`${index + 1}: ${name}: ${found[0]}`] : []
    }),
  )
}

/**
 * Reads all text files of a directory.
 * @returns The findings with their files, and how many files were read.
 */
export function checkWords(root: string = ROOT): { readonly found: readonly string[]; readonly fileCount: number } {
  const files = projectFiles(root).filter((file) => TEXT.test(file))
  const found = files.flatMap((file) => findWords(readProjectFile(file, root)).map((line) => `${file}:${line}`))
  return { found, fileCount: files.length }
}

function main(): void {
  const { found, fileCount } = checkWords()
  for (const line of found) console.error(line)
  console.log(`${fileCount} files, ${found.length} forbidden words`)
  process.exitCode = found.length === 0 && fileCount > 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
