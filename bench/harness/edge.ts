import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from './places.ts'

/** A real edge in a process of its own. */
export type BenchEdge = { readonly url: string; stop(): Promise<void> }

/** Directories at other places than `/`, and flags of the command. */
type EdgeExtras = { readonly places?: Readonly<Record<string, string>>; readonly flags?: readonly string[] }

/**
 * Starts an edge over the directory that `pocketshelf publish --dir` filled; it also serves pages.
 * @param statics - Directories served at `/`; the first that has a file answers.
 */
export async function startEdge(
  dir: string,
  statics: readonly string[],
  { places: under = {}, flags = ['--cross-origin-isolated'] }: EdgeExtras = {},
): Promise<BenchEdge> {
  const places = ['--data-dir', join(dir, 'data'), '--sites-file', join(dir, 'sites.json'), '--port', '0']
  const roots = [...statics.map((path) => `/=${path}`), ...Object.entries(under).map(([at, path]) => `${at}=${path}`)]
  const pages = roots.flatMap((entry) => ['--static', entry])
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'edge/node/main.ts'),
      ...places,
      ...pages,
      ...flags,
      '--stop-with-stdin',
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  )
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'close').then(() => Promise.reject(new Error('the edge did not start'))),
  ])
  const { url } = JSON.parse(String(line)) as { url: string } // the one line that the edge promises
  return {
    url,
    stop: async () => {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      await ended
    },
  }
}
