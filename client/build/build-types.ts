/** Writes the declarations of the module into dist/types, with imports that any TypeScript project can follow. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OUT = join(ROOT, 'dist', 'types')

rmSync(OUT, { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'client/tsconfig.types.json'], {
  cwd: ROOT,
  stdio: 'inherit',
})
for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue
  const file = join(OUT, name)
  const toContract = relative(dirname(file), join(OUT, 'contract')).replaceAll('\\', '/')
  const text = readFileSync(file, 'utf8')
  const local = text.replace(
    /(['"])#contract\/([\w-]+)\1/g,
    (_all, quote, part) => `${quote}${toContract}/${part}.js${quote}`,
  )
  writeFileSync(file, local.replace(/(['"])(\.{1,2}\/[\w./-]+)\.ts\1/g, '$1$2.js$1'))
}
