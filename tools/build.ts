/**
 * `npm run build`: everything a page loads, into dist/. With `--if-stale` it does nothing while dist/ was built from exactly these sources.
 * The worker comes first: the scripts carry its hash.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFiles, ROOT } from './project-files.ts'
import { reportStep, type Step } from './run-step.ts'

const VITE = 'node_modules/vite/bin/vite.js'
const STAMP = join(ROOT, 'dist', '.built-from')
const SOURCES =
  /^(?:contract|worker|client|public)[/]|^(?:vite[.]config[.]ts|package(?:-lock)?[.]json|tools[/]build[.]ts)$/

const STEPS: readonly Step[] = [
  { name: 'build worker', args: ['worker/build/build.ts'] },
  { name: 'build types', args: ['client/build/build-types.ts'] },
  ...['shelf', 'drop-in', 'client', 'demo', 'service-worker'].map((mode) => ({
    name: `build ${mode}`,
    args: [VITE, 'build', '--mode', mode],
  })),
]

/** Hashes names and contents of all sources; tests beside them do not count. */
function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of projectFiles()) {
    if (SOURCES.test(file) && !file.endsWith('.test.ts'))
      hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex')
}

async function main(): Promise<void> {
  const wanted = fingerprint()
  const isFresh = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted
  if (isFresh && process.argv.includes('--if-stale')) {
    console.log('dist/ is up to date')
    return
  }
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  for (const step of STEPS) {
    if (await reportStep(step)) continue
    process.exitCode = 1
    return
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(STAMP, wanted)
}

await main()
