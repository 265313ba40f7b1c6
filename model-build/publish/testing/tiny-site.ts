import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StepIo, StepResult } from '../../commands/requests.ts'
import { createKeys } from '../../config/key-files.ts'
import { buildRelease } from '../../steps/build-release.ts'

/** A step's surroundings that note what it says. */
export type NotedIo = StepIo & {
  readonly stages: readonly string[]
  readonly warnings: readonly string[]
  /** Settles with what `ready` was called with. */
  readonly whenReady: Promise<StepResult>
  readonly stop: () => void
}

export function createIo(): NotedIo {
  const stages: string[] = []
  const warnings: string[] = []
  const abort = new AbortController()
  const { promise, resolve } = Promise.withResolvers<StepResult>()
  return {
    stages,
    warnings,
    whenReady: promise,
    stop: () => abort.abort(),
    stage: (name) => {
      stages.push(name)
      return () => undefined
    },
    warn: (message) => void warnings.push(message),
    ready: resolve,
    signal: abort.signal,
  }
}

/** A folder for one test file, removed by `dispose`. */
export async function createWorkspace(): Promise<{ dir: string; dispose: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'pocketshelf-publish-'))
  return { dir, dispose: () => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }) }
}

/** `items.csv` of a shop with two categories. */
export async function writeCatalogue(path: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, i) => {
    const kind = i % 2 === 0 ? 'tea' : 'pots'
    return `i${i},${kind} number ${i},${kind},/item/i${i},,${(5 + i).toFixed(2)}`
  })
  await writeFile(path, `item_id,title,category,url,image,price\n${rows.join('\n')}\n`)
}

/** Keys and a release of a catalogue without a log: what takes the shortest. */
export async function buildTinyRelease(dir: string, name: string, items: number): Promise<string> {
  const catalogue = join(dir, `${name}.csv`)
  await writeCatalogue(catalogue, items)
  const out = join(dir, name)
  await mkdir(out, { recursive: true })
  const request = { configFile: undefined, overrides: {}, interactions: [], items: [catalogue], dataDir: undefined }
  await buildRelease({ ...request, outDir: out, keysDir: undefined }, createIo())
  return out
}

export async function makeKeys(dir: string): Promise<{ dir: string; publicKey: string }> {
  const keys = join(dir, 'keys')
  const { publicKey } = await createKeys(keys)
  return { dir: keys, publicKey }
}
