/**
 * Looks at the package as it would be published: packs it, and asks publint (files, exports, formats) and are-the-types-wrong (what
 * TypeScript makes of it under each way of resolving) about the tarball. The package is ES modules only, so what CommonJS would miss is no fault.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { ROOT } from './project-files.ts'

/** Largest tarball. Bytes. It holds the runtimes (ONNX: 3.4 MB of it). */
const MAX_BYTES = 6_000_000

/** What a package without CommonJS cannot have. */
const COMMONJS_ONLY = new Set(['node10', 'node16-cjs'])

function pack(folder: string): string {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]
  const [packed] = JSON.parse(execFileSync(npm, args, { cwd: ROOT, encoding: 'utf8' })) as { filename: string }[] // npm's own answer
  return join(folder, packed.filename)
}

async function findFaults(tarball: Buffer): Promise<string[]> {
  const exact = new Uint8Array(tarball).buffer
  const { messages, pkg } = await publint({ pack: { tarball: exact }, strict: true, level: 'suggestion' })
  const faults = messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`)
  const types = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), { entrypoints: ['.'] })
  if (types.types === false) return [...faults, 'are-the-types-wrong: the package has no types']
  for (const problem of types.problems) {
    if ('resolutionKind' in problem && COMMONJS_ONLY.has(problem.resolutionKind)) continue
    faults.push(`are-the-types-wrong: ${problem.kind}`)
  }
  return faults
}

const cache = join(ROOT, '.cache', 'test')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'package-'))
const tarball = readFileSync(pack(folder))
rmSync(folder, { recursive: true })
const faults = await findFaults(tarball)
if (tarball.byteLength > MAX_BYTES) faults.push(`the tarball has ${tarball.byteLength} bytes; ${MAX_BYTES} are allowed`)
for (const fault of faults) console.error(fault)
console.log(`${tarball.byteLength} bytes, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
