import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { addRun, type Run } from '../registry/runs.ts'
import { type StoredRelease, secondEncoderOf } from '../release/release-dir.ts'
import type { InputFiles } from './read-inputs.ts'

/** What the register remembers of a build beside what follows from its place. */
export type BuiltRun = Pick<
  Run,
  'release' | 'manifest' | 'publication' | 'learntFrom' | 'tuned' | 'metrics' | 'sizeBytes' | 'steps' | 'refusals'
> & {
  readonly config: Config
  readonly last: StoredRelease | null
  readonly inputs: { readonly files: InputFiles; readonly dataHash: string }
}

/** Adds a build to the register of its folder. */
export function noteRun(outDir: string, { config, last, inputs, ...built }: BuiltRun): Promise<void> {
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(path))
  const { release, manifest, publication, learntFrom, tuned, metrics, sizeBytes, steps, refusals } = built
  return addRun(outDir, {
    v: 1,
    id: `${publication}-${manifest.slice(0, 8)}`,
    at: new Date().toISOString(),
    site: config.site.name,
    release,
    manifest,
    publication,
    inputs: { interactions: absolute(inputs.files.interactions), items: absolute(inputs.files.items) },
    dataHash: inputs.dataHash,
    config,
    before: {
      items: last?.registry.ids.length ?? 0,
      categories: last?.dictionaries.categories.length ?? 0,
      tags: last?.dictionaries.tags.length ?? 0,
      second: secondEncoderOf(last),
    },
    learntFrom,
    tuned,
    metrics,
    sizeBytes,
    steps,
    refusals,
  })
}
