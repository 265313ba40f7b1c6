/**
 * Writes every committed file that a program makes. With `--check` it fails instead when one would change, and leaves the files as they were.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './project-files.ts'
import { runStep } from './run-step.ts'

/** Generated file -> the script that writes it. */
const GENERATED: Readonly<Record<string, string>> = {
  'README.md': 'e2e/write-promises.ts',
  'docs/browsers.md': 'e2e/write-browsers.ts',
  'docs/errors.md': 'tools/error-docs.ts',
  'contract/crc32-kernel.ts': 'tools/compile-crc32.ts',
  'docs/openapi.json': 'edge/node/write-openapi.ts',
  'model-build/publish/edge-api.ts': 'tools/edge-api-types.ts',
  'model-build/kernels/kernels.wasm': 'model-build/kernels/compile.ts',
  'worker/core/scan/scan.wasm': 'tools/compile-scan.ts',
}

async function isUnchanged(file: string, script: string): Promise<boolean> {
  const path = join(ROOT, file)
  const before = existsSync(path) ? readFileSync(path) : undefined
  if ((await runStep({ name: file, args: [script] })) !== 0) return false
  const isSame = before?.equals(readFileSync(path)) === true
  if (!isSame && before !== undefined) writeFileSync(path, before)
  return isSame
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check')
  for (const [file, script] of Object.entries(GENERATED)) {
    const isDone = isCheck ? await isUnchanged(file, script) : (await runStep({ name: file, args: [script] })) === 0
    if (isDone) continue
    console.error(isCheck ? `${file} is not what ${script} writes; run it and commit the result` : `${script} failed`)
    process.exitCode = 1
  }
}

await main()
