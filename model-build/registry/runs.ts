import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import type { Config } from '../config/schema.ts'
import type { SecondEncoder } from '../fit/second-model.ts'
import type { StepTime } from '../pipeline/progress.ts'

/** One build as it is remembered beside its releases. Holds no row of the log. */
export type Run = {
  readonly v: 1
  /** Publication and the first digits of the manifest's hash. */
  readonly id: string
  /** When it ended, ISO 8601, UTC. */
  readonly at: string
  readonly site: string
  readonly release: string
  readonly manifest: string
  readonly publication: number
  /** Files that it read, absolute. */
  readonly inputs: { readonly interactions: readonly string[]; readonly items: readonly string[] }
  /** See hashInputs. */
  readonly dataHash: string
  readonly config: Config
  /**
   * What the release before gave: names, of which today's first are the same, since item numbers, categories and tags are append-only, and the
   * encoder of its second space. Lines older than the latter lack it.
   */
  readonly before: {
    readonly items: number
    readonly categories: number
    readonly tags: number
    readonly second?: SecondEncoder | null
  }
  /** What else it learnt from that is not in the files; such a build cannot be reproduced from them. */
  readonly learntFrom: 'files' | 'files and events' | 'files and the release before'
  /** Stages whose tuned settings were taken, perhaps none; null where nothing was tuned. */
  readonly tuned: readonly string[] | null
  readonly metrics: Readonly<Record<string, number>>
  readonly sizeBytes: number
  readonly steps: readonly StepTime[]
  /** What the gate said against the release before; empty when it let it pass. */
  readonly refusals: readonly string[]
}

const FILE = 'runs.jsonl'

/** Adds a run to the register of a release folder; a line is written whole or not at all. */
export async function addRun(dir: string, run: Run): Promise<void> {
  await mkdir(dir, { recursive: true })
  const file = await open(join(dir, FILE), 'a')
  try {
    await file.appendFile(`${JSON.stringify(run)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The runs of a folder, oldest first; none where nothing was built. A line cut off by a crash is left out. */
export async function readRuns(dir: string): Promise<Run[]> {
  const text = await readFile(join(dir, FILE), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      const run = JSON.parse(line) as Partial<Run> | null // the fields that say it is one are looked at
      return run?.v === 1 && typeof run.id === 'string' ? [{ tuned: null, ...run } as Run] : [] // lines older than tuning lack it
    } catch {
      return []
    }
  })
}

/** One run by its id or the beginning of it, `last` for the newest. @throws RecError `input-missing` */
export async function findRun(dir: string, id: string): Promise<Run> {
  const runs = await readRuns(dir)
  const found = id === 'last' ? runs.slice(-1) : runs.filter((run) => run.id.startsWith(id))
  const [run] = found.slice(-1)
  if (run !== undefined && new Set(found.map((each) => each.id)).size === 1) return run
  const known = runs.map((each) => each.id).join(', ')
  throw new RecError('input-missing', `no single run "${id}" in ${dir}; known: ${known === '' ? 'none' : known}`)
}
