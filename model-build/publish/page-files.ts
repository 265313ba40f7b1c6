import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RecError } from '#contract/errors'
import { replaceFile } from '../release/release-dir.ts'
import type { StaticPlace } from './edge-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** In a clone beside the sources; once installed our own files lie in `dist/cli`. */
const DIST = existsSync(join(ROOT, 'tools', 'build.ts')) ? join(ROOT, 'dist') : join(ROOT, '..')

/** What `/config.json` tells the demo page; its edge is where it comes from. */
export type PageConfig = { readonly site: string; readonly keys: string; readonly channel: string }

/** The built scripts of the package, at `/`, when they are there. */
export function packageFiles(): readonly StaticPlace[] {
  return existsSync(DIST) ? [{ path: '/', dir: DIST }] : []
}

/**
 * The demo page as it was built; a clone builds it first when it is older than its sources.
 * @returns The directory of `index.html`.
 * @throws RecError `input-missing` when it is not there and cannot be built.
 */
export async function preparePage(): Promise<string> {
  const builder = join(ROOT, 'tools', 'build.ts')
  if (existsSync(builder)) await run(builder, ['--if-stale'])
  const demo = join(DIST, 'demo')
  if (!existsSync(join(demo, 'index.html')))
    throw new RecError('input-missing', 'the demo page is not built; run `npm run build`')
  return demo
}

/** Writes `config.json` into a directory of its own, which is served before the page. @returns That directory. */
export async function writePageConfig(workDir: string, config: PageConfig): Promise<string> {
  const dir = join(workDir, 'page')
  await mkdir(dir, { recursive: true })
  await replaceFile(join(dir, 'config.json'), `${JSON.stringify(config)}\n`)
  return dir
}

/** Runs a script of ours with its output on our stderr. */
function run(script: string, args: readonly string[]): Promise<void> {
  return new Promise((settle, fail) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    })
    child.once('error', fail)
    child.once('exit', (code) => {
      if (code === 0) settle()
      else fail(new RecError('internal', 'the page could not be built; see above'))
    })
  })
}
