import { createHash, type Hash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/schema.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Code that decides what a build writes. */
const CODE = ['contract/**', 'worker/core/**', 'model-build/**']
const NOT_CODE = /[.](?:test|quality[.]test|conformance|bench)[.]|^model-build[/](?:commands|publish|retrain)[/]/

/**
 * A text that changes when a build would give something else: other files (by path, size and time), other settings, other code.
 * Files beside a log that are found by name count through their directory.
 */
export function buildStamp(inputs: readonly string[], config: Config): string {
  const hash = createHash('sha256')
  for (const path of inputs) {
    const { size, mtimeMs } = statSync(path)
    hash.update(JSON.stringify([resolve(path), size, mtimeMs]))
  }
  hash.update(JSON.stringify(config))
  addCode(hash)
  return hash.digest('hex')
}

function addCode(hash: Hash): void {
  const files = globSync(CODE, { cwd: ROOT })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /[.](?:ts|js|wasm)$/.test(file) && !NOT_CODE.test(file))
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
}
