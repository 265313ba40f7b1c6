/**
 * Holds the README to its measurements: every number before an HTML comment `claim: key` must be what `docs/measurements.json` says
 * under that key, for example `12.3 ms <!-- claim: recommend.p50Ms -->`. The file is written by hand from bench output, one entry
 * {value, when, command} per key.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, readProjectFile } from './project-files.ts'

/** One measured number and how to get it again. */
export type Measurement = { readonly value: number; readonly when: string; readonly command: string }

/**
 * Compares the marked numbers of a document with the measurements. A number may be rounded: it must be the measurement at its own precision.
 * @returns Problems, one line each, and how many claims were read.
 */
export function checkClaims(
  document: string,
  measurements: Readonly<Record<string, Measurement>>,
): { readonly problems: readonly string[]; readonly claimCount: number } {
  const marked = [...document.matchAll(/(?<text>[^\n]*?)<!-- claim: (?<key>[\w.-]+) -->/g)]
  const problems = marked.flatMap(({ groups }) => {
    const { key = '', text = '' } = groups ?? {}
    const said = text.match(/-?\d[\d,]*(?:[.]\d+)?(?!.*\d)/)?.[0].replaceAll(',', '')
    const measured = measurements[key]
    if (said === undefined) return [`${key}: no number before the mark`]
    if (measured === undefined) return [`${key}: not in docs/measurements.json`]
    const digits = said.split('.')[1]?.length ?? 0
    const isSame = Number(said) === Number(measured.value.toFixed(digits))
    return isSame ? [] : [`${key}: the README says ${said}, measured ${measured.value} (${measured.command})`]
  })
  return { problems, claimCount: marked.length }
}

function main(): void {
  if (!existsSync(join(ROOT, 'README.md'))) {
    console.error('there is no README.md')
    process.exitCode = 1
    return
  }
  const measurements: Record<string, Measurement> = JSON.parse(readProjectFile('docs/measurements.json'))
  const { problems, claimCount } = checkClaims(readProjectFile('README.md'), measurements)
  for (const problem of problems) console.error(problem)
  if (claimCount === 0) console.error('README.md marks no number as a claim: this guard would guard nothing')
  console.log(`${claimCount} claims, ${problems.length} wrong`)
  process.exitCode = claimCount > 0 && problems.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
