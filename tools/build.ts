/**
 * `npm run build`: everything a page loads, into dist/, and the command line, into dist/cli. With `--if-stale` it does nothing while dist/ was built from exactly these sources.
 * The worker comes first: the scripts carry its hash.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFiles, ROOT } from './project-files.ts'
import { reportStep, type Step } from './run-step.ts'

const VITE = 'node_modules/vite/bin/vite.js'
/** What is built together, from the same sources; the stamp says from which. */
type Product = {
  readonly name: string
  readonly sources: RegExp
  readonly steps: readonly Step[]
  /** Relative to dist/; removed before a build. */
  readonly output: string
}

const PAGE: Product = {
  name: 'dist/',
  sources: /^(?:contract|worker|client|public)[/]|^(?:vite[.]config[.]ts|package(?:-lock)?[.]json|tools[/]build[.]ts)$/,
  output: '.',
  steps: [
    { name: 'build worker', args: ['worker/build/build.ts'] },
    { name: 'build types', args: ['client/build/build-types.ts'] },
    ...['shelf', 'inspector', 'watch', 'ask', 'profile', 'drop-in', 'client', 'demo', 'service-worker'].map((mode) => ({
      name: `build ${mode}`,
      args: [VITE, 'build', '--mode', mode],
    })),
  ],
}

const CLI: Product = {
  name: 'dist/cli',
  sources:
    /^(?:contract|worker[/]core|model-build|edge)[/]|^(?:package[.]json|tools[/](?:build|build-cli|data-dir|hnsw-patch)[.]ts)$/,
  output: 'cli',
  steps: [{ name: 'build command line', args: ['tools/build-cli.ts'] }],
}

/** Hashes names and contents of all sources; tests beside them do not count. */
function fingerprint({ sources }: Product): string {
  const hash = createHash('sha256')
  for (const file of projectFiles()) {
    if (sources.test(file) && !file.endsWith('.test.ts'))
      hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex')
}

/** @returns Whether the product is there. */
async function make(product: Product): Promise<boolean> {
  const output = join(ROOT, 'dist', product.output)
  const stamp = join(output, '.built-from')
  const wanted = fingerprint(product)
  const isFresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (isFresh && process.argv.includes('--if-stale')) {
    console.log(`${product.name} is up to date`)
    return true
  }
  rmSync(output, { recursive: true, force: true })
  for (const step of product.steps) if (!(await reportStep(step)).isPassed) return false
  mkdirSync(output, { recursive: true })
  writeFileSync(stamp, wanted)
  return true
}

if (!((await make(PAGE)) && (await make(CLI)))) process.exitCode = 1
